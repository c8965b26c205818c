import { bucketOrThrow, BUCKETS, PROPERTY_ID_LENGTH_MAX } from '../../checked-bucket.ts';
import { valueKeyOf } from '../../keys.ts';

const KEY_END = ':v';

const headOf = (keys: number): string => (keys === 1 ? '*2\r\n$3\r\nget' : `*${keys + 1}\r\n$4\r\nmget`);

/**
 * GET or MGET of any keys, as it goes over the wire.
 *
 * @param keys  1 or more, of ASCII characters only: a key's length is taken for its bytes
 */
export function readTextOf(keys: readonly string[]): string {
  let text = headOf(keys.length);
  for (const key of keys) text += `\r\n$${key.length}\r\n${key}`;
  return `${text}\r\n`;
}

/**
 * What is written for a GET or MGET of the values of homes, straight from their ids.
 *
 * ioredis is given keys, copies their list, looks at the type of each and measures its bytes: for 200 homes that and the
 * making of the keys cost as much as Redis takes to answer. Here an id is read once, for its bucket; all else between one
 * id and the next is the same for the same bucket and length, and is written once.
 */
export class ValuesText {
  readonly #keyGeneration: string;
  /** By the length of an id: what stands between the id before and one of each bucket. */
  readonly #between: (readonly string[] | undefined)[] = new Array<undefined>(PROPERTY_ID_LENGTH_MAX + 1).fill(
    undefined,
  );

  constructor(keyGeneration: string) {
    this.#keyGeneration = keyGeneration;
  }

  /** @throws {BadCacheEntry} for an id that is none */
  keysOf(propertyIds: readonly string[]): string[] {
    return propertyIds.map((propertyId) => valueKeyOf(propertyId, this.#keyGeneration));
  }

  /** @throws {BadCacheEntry} for an id outside `[A-Za-z0-9_-]{1,64}` */
  of(propertyIds: readonly string[]): string {
    let text = headOf(propertyIds.length);
    let idLength = -1;
    let between: readonly string[] = [];
    for (let i = 0; i < propertyIds.length; i += 1) {
      const propertyId = propertyIds[i] as string;
      const bucket = bucketOrThrow(propertyId);
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

  /**
   * The same for homes of one bucket, each of which leads to the next.
   *
   * @param first  a place in `propertyIds`, and `next[first]` the next one; below 0: no more
   * @param homes  how many there are
   */
  ofBucket(
    bucket: number,
    homes: number,
    { propertyIds, first, next }: { propertyIds: readonly string[]; first: number; next: readonly number[] },
  ): string {
    let text = headOf(homes);
    for (let place = first; place >= 0; place = next[place] as number) {
      const propertyId = propertyIds[place] as string;
      const before = this.#betweenFor(propertyId.length)[bucket] as string;
      text += place === first ? before.slice(KEY_END.length) : before;
      text += propertyId;
    }
    return `${text}${KEY_END}\r\n`;
  }

  #betweenFor(idLength: number): readonly string[] {
    return (this.#between[idLength] ??= Array.from({ length: BUCKETS }, (_, bucket) => {
      const prefix = `${this.#keyGeneration}:{${bucket}}:`;
      return `${KEY_END}\r\n$${prefix.length + idLength + KEY_END.length}\r\n${prefix}`;
    }));
  }
}
