import { BadCacheEntry } from '../errors.ts';
import { BUCKETS } from '../keys.ts';

/** The keys of a bucket's mark; both are in the slot of the bucket's homes. */
export interface MarkKeys {
  /** What the bucket remembers: a hash. */
  readonly mark: string;
  /** Never exists; see the MARK script. */
  readonly never: string;
}

/**
 * `e1:{<bucket>}:k`. No home's key is like it: those have an id and end in `:v` or `:m`.
 *
 * @throws {BadCacheEntry} for a bucket outside 0..127
 */
export function markKeysOf(bucket: number, keyGeneration: string): MarkKeys {
  if (!Number.isInteger(bucket) || bucket < 0 || bucket >= BUCKETS)
    throw new BadCacheEntry(`a mark of bucket ${bucket}`);
  const mark = `${keyGeneration}:{${bucket}}:k`;
  return { mark, never: `${mark}:never` };
}
