/** Homes of one question to Redis or PostgreSQL. */
export const BATCH_HOMES = 500;

/** @returns the items in slices of at most so many, in order */
export function* batchesOf<T>(items: readonly T[], size: number = BATCH_HOMES): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
