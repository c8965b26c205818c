import { createHash } from 'node:crypto';
import type { StreamRecord } from '@porchlight/stream';

const ID_LENGTH = 22;

/** Names a forecast after the record that led to it, so that a replay makes the same one again. 22 characters of base64url. */
export function forecastIdOf(record: Pick<StreamRecord<unknown>, 'topic' | 'partition' | 'offset'>): string {
  const position = `${record.topic.name}\n${record.partition}\n${record.offset}`;
  return createHash('sha256').update(position).digest('base64url').slice(0, ID_LENGTH);
}
