import { crc16 } from './crc16.ts';
import { BUCKETS, bucketOrThrow } from './checked-bucket.ts';

export { BUCKETS } from './checked-bucket.ts';

/** What an id may be: nothing in it can end a key, a field of a value, or a hash tag. */
export const PROPERTY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The two keys of a home; both are in one slot of a cluster. */
export interface HomeKeys {
  /** What is served: a string. */
  readonly value: string;
  /** Epoch, fences and lease around a miss: a hash. */
  readonly flight: string;
}

/** The bucket of a home: CRC16(propertyId) mod 128. */
export const bucketOf = (propertyId: string): number => crc16(propertyId) % BUCKETS;

const stemOf = (propertyId: string, keyGeneration: string): string =>
  `${keyGeneration}:{${bucketOrThrow(propertyId)}}:${propertyId}`;

/**
 * `e1:{<bucket>}:<propertyId>:v`.
 *
 * @throws {BadCacheEntry} for an id outside `[A-Za-z0-9_-]{1,64}`: a brace would move its keys to another slot
 */
export const valueKeyOf = (propertyId: string, keyGeneration: string): string =>
  `${stemOf(propertyId, keyGeneration)}:v`;

/**
 * `e1:{<bucket>}:<propertyId>:v` and `:m`.
 *
 * @throws {BadCacheEntry} as `valueKeyOf`
 */
export function keysOf(propertyId: string, keyGeneration: string): HomeKeys {
  const stem = stemOf(propertyId, keyGeneration);
  return { value: `${stem}:v`, flight: `${stem}:m` };
}

/** `e1:{writer}:<partition>`: data-writer gets on with this partition of warmup.estimates. All in one slot. */
export const progressKeyOf = (partition: number, keyGeneration: string): string =>
  `${keyGeneration}:{writer}:${partition}`;

/** `e1:{upstream}:budget`: what the fleet may ask of upstream, and until when it asks nothing. Written by `@porchlight/estimate-source`. */
export const upstreamBudgetKeyOf = (keyGeneration: string): string => `${keyGeneration}:{upstream}:budget`;
