import { randomBytes } from 'node:crypto';

const ID_BYTES = 16;

/**
 * Draws an id for a Kafka cluster.
 *
 * One in 64 random ids begins with a hyphen, which Kafka's storage tool, also the one in its image, takes for an option: those are drawn again.
 *
 * @param draw  16 bytes
 * @returns 22 characters of base64url, the first not a hyphen
 */
export function drawClusterId(draw: () => Buffer = () => randomBytes(ID_BYTES)): string {
  let id: string;
  do id = draw().toString('base64url');
  while (id.startsWith('-'));
  return id;
}
