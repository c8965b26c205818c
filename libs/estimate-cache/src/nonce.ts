import { createHash, randomBytes } from 'node:crypto';

const NONCE_BYTES = 16;

/** 128 random bits as 22 characters of base64url: a nonce of a request, or an epoch. Drawn here, since Lua's random repeats after a restart. */
export const randomNonce = (): string => randomBytes(NONCE_BYTES).toString('base64url');

/**
 * The nonce of one home in one warm-up record: the same for every delivery of it, so that a redelivered record
 * wins its own lease again.
 *
 * @param position  where the record stands in the log, with the home; `offset` as Kafka's client gives it
 */
export function warmNonce(position: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string | number | bigint;
  readonly propertyId: string;
}): string {
  // A newline is in no topic name and in no id, so two positions never make one text.
  const text = [position.topic, position.partition, position.offset, position.propertyId].join('\n');
  return createHash('sha256').update(text).digest().subarray(0, NONCE_BYTES).toString('base64url');
}
