import { estimateFields, type UpdatedEstimate } from '@porchlight/contracts';
import { BadCacheEntry, PayloadTooLarge } from './errors.ts';

/** What a field may hold; null: nothing is said, and nothing printed. */
const isPrintable = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isSafeInteger(value) && value >= 0
    : value === null || typeof value === 'string' || typeof value === 'boolean';

/**
 * An estimate as the bytes that every client gets: the fields of its schema in their order, whole numbers, no spaces, one line.
 * A field that is null is left out, as it is from what was stored before there was such a field.
 *
 * To the cache they are bytes: nothing else here, and no script, looks into them.
 *
 * @throws {BadCacheEntry} if a number is not whole (dollars, milliseconds), or a field is missing
 * @throws {PayloadTooLarge} if the bytes are more than `bytesMax`
 */
export function estimateJsonOf(propertyId: string, estimate: UpdatedEstimate, bytesMax: number): string {
  const values = estimateFields.map((field): [string, unknown] => [field, estimate[field]]);
  if (!values.every(([, value]) => isPrintable(value))) {
    throw new BadCacheEntry(`an estimate of ${propertyId} whose numbers are not whole`);
  }
  const json = JSON.stringify(Object.fromEntries(values.filter(([, value]) => value !== null)));
  return checkPayload(propertyId, json, bytesMax);
}

/** @throws {PayloadTooLarge} */
export function checkPayload(propertyId: string, json: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(json);
  if (bytes > bytesMax) throw new PayloadTooLarge(propertyId, bytes, bytesMax);
  return json;
}
