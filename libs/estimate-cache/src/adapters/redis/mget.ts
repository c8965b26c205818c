import { Command, type Redis } from 'ioredis';
import { BUCKETS, checkedBucketOf, PROPERTY_ID_LENGTH_MAX } from '../../checked-bucket.ts';
import { BadCacheEntry } from '../../errors.ts';

type Found = (Buffer | Error | null)[];

/** A command that is already what goes over the wire. */
class WrittenCommand extends Command {
  readonly #text: string;

  constructor(name: string, text: string) {
    super(name, [], { replyEncoding: null });
    this.#text = text;
  }

  override toWritable(): string {
    return this.#text;
  }
}

const send = (redis: Redis, keys: number, rest: string): Promise<Found> =>
  redis.sendCommand(new WrittenCommand('mget', `*${keys + 1}\r\n$4\r\nmget${rest}\r\n`)) as Promise<Found>;

/**
 * MGET of any keys.
 *
 * @param keys  1 or more, of ASCII characters only: a key's length is taken for its bytes
 * @returns     the bytes of each, null where there are none, and (from a proxy that lost a shard) errors
 */
export function mget(redis: Redis, keys: readonly string[]): Promise<Found> {
  let rest = '';
  for (const key of keys) rest += `\r\n$${key.length}\r\n${key}`;
  return send(redis, keys.length, rest);
}

/**
 * MGET of the values of homes, straight from their ids.
 *
 * ioredis is given keys, copies their list, looks at the type of each and measures its bytes: for 200 homes that and the
 * making of the keys cost as much as Redis takes to answer. Here an id is read once, for its bucket; all else between one
 * id and the next is the same for the same bucket and length, and is written once.
 */
export function createValuesMget(keyGeneration: string) {
  const headOf = (bucket: number, idLength: number): string => {
    const prefix = `${keyGeneration}:{${bucket}}:`;
    return `\r\n$${prefix.length + idLength + ':v'.length}\r\n${prefix}`;
  };
  const heads = Array.from({ length: PROPERTY_ID_LENGTH_MAX + 1 }, (): string[] => []);
  const headsFor = (idLength: number): readonly string[] => {
    const written = heads[idLength] ?? [];
    if (written.length === 0) for (let b = 0; b < BUCKETS; b += 1) written.push(`:v${headOf(b, idLength)}`);
    return written;
  };

  /** @throws {BadCacheEntry} for an id outside `[A-Za-z0-9_-]{1,64}` */
  return (redis: Redis, propertyIds: readonly string[]): Promise<Found> => {
    let rest = '';
    let idLength = -1;
    let written: readonly string[] = [];
    for (const propertyId of propertyIds) {
      const bucket = checkedBucketOf(propertyId);
      if (bucket === null) throw new BadCacheEntry('a property id that is not [A-Za-z0-9_-]{1,64}');
      if (propertyId.length !== idLength) {
        idLength = propertyId.length;
        written = headsFor(idLength);
      }
      rest += (rest === '' ? headOf(bucket, idLength) : written[bucket]) + propertyId;
    }
    return send(redis, propertyIds.length, `${rest}:v`);
  };
}
