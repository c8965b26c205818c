import { Command, type Redis } from 'ioredis';
import { BUCKETS, checkedBucketOf, PROPERTY_ID_LENGTH_MAX } from '../../checked-bucket.ts';
import { BadCacheEntry } from '../../errors.ts';
import type { DeadlineLine } from './deadline-line.ts';
import { valuesOf } from './pipeline-results.ts';
import { cacheErrorOf } from './redis-errors.ts';

type Values = (Buffer | null)[];

/**
 * An MGET (of one key a GET, whose answer costs less to read) that is already what goes over the wire. One promise from the
 * call to what is made of its answer: its time limit and the look for errors among the values are part of it, since each
 * promise between costs a GET some hundredths.
 */
class Mget<T> extends Command {
  readonly #text: string;

  constructor(keys: number, text: string, deadlines: DeadlineLine, take: (values: Values) => T) {
    super(keys === 1 ? 'get' : 'mget', [], { replyEncoding: null });
    this.#text = text;
    this.promise = new Promise<T>((resolve, reject) => {
      const sent = deadlines.add(reject);
      this.reject = (error) => {
        if (keys === 1) return this.resolve(error); // a key of a wrong type, to which MGET would say null
        sent.giveUp = null;
        reject(cacheErrorOf(error));
      };
      this.resolve = (found: (Buffer | Error | null)[] | Buffer | Error | null) => {
        sent.giveUp = null;
        try {
          resolve(take(valuesOf(Array.isArray(found) ? found : [found])));
        } catch (error) {
          reject(error instanceof Error ? error : cacheErrorOf(error));
        }
      };
    });
  }

  override toWritable(): string {
    return this.#text;
  }
}

const headOf = (keys: number): string => (keys === 1 ? '*2\r\n$3\r\nget' : `*${keys + 1}\r\n$4\r\nmget`);

/**
 * MGET of any keys.
 *
 * @param keys  1 or more, of ASCII characters only: a key's length is taken for its bytes
 * @returns     the bytes of each, null where there are none
 * @throws {CacheUnavailable | CacheFault}
 */
export function mget(redis: Redis, keys: readonly string[], deadlines: DeadlineLine): Promise<Values> {
  let text = headOf(keys.length);
  for (const key of keys) text += `\r\n$${key.length}\r\n${key}`;
  return redis.sendCommand(new Mget(keys.length, `${text}\r\n`, deadlines, (values) => values)) as Promise<Values>;
}

/**
 * What is written for an MGET of the values of homes, straight from their ids.
 *
 * ioredis is given keys, copies their list, looks at the type of each and measures its bytes: for 200 homes that and the
 * making of the keys cost as much as Redis takes to answer. Here an id is read once, for its bucket; all else between one
 * id and the next is the same for the same bucket and length, and is written once.
 */
export class ValuesMgetWriter {
  readonly #keyGeneration: string;
  /** By the length of an id: what stands between the id before and one of each bucket. */
  readonly #between = Array.from({ length: PROPERTY_ID_LENGTH_MAX + 1 }, (): string[] => []);

  constructor(keyGeneration: string) {
    this.#keyGeneration = keyGeneration;
  }

  /** @throws {BadCacheEntry} for an id outside `[A-Za-z0-9_-]{1,64}` */
  write(propertyIds: readonly string[]): string {
    let text = headOf(propertyIds.length);
    let idLength = -1;
    let between: readonly string[] = [];
    for (let i = 0; i < propertyIds.length; i += 1) {
      const propertyId = propertyIds[i] as string;
      const bucket = checkedBucketOf(propertyId);
      if (bucket === null) throw new BadCacheEntry('a property id that is not [A-Za-z0-9_-]{1,64}');
      if (propertyId.length !== idLength) {
        idLength = propertyId.length;
        between = this.#betweenFor(idLength);
      }
      const before = between[bucket] as string;
      text += i === 0 ? before.slice(KEY_END.length) : before; // it begins with the end of the key before
      text += propertyId;
    }
    return `${text}${KEY_END}\r\n`;
  }

  #betweenFor(idLength: number): readonly string[] {
    const known = this.#between[idLength] ?? [];
    for (let bucket = known.length; bucket < BUCKETS; bucket += 1) {
      const prefix = `${this.#keyGeneration}:{${bucket}}:`;
      known.push(`${KEY_END}\r\n$${prefix.length + idLength + KEY_END.length}\r\n${prefix}`);
    }
    return known;
  }
}

const KEY_END = ':v';

/**
 * @param take  what is made of the values, in the order of the ids
 * @throws as `mget`; {BadCacheEntry}, at once, for an id that is none
 */
export const mgetValues = <T>(
  redis: Redis,
  propertyIds: readonly string[],
  how: { readonly writer: ValuesMgetWriter; readonly deadlines: DeadlineLine; readonly take: (values: Values) => T },
): Promise<T> =>
  redis.sendCommand(new Mget(propertyIds.length, how.writer.write(propertyIds), how.deadlines, how.take)) as Promise<T>;
