import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Asking } from './asker.ts';
import { CACHE_READ_MIN_MS } from './limits.ts';
import type { FreshnessOf, ReadingPorts } from './ports.ts';
import { untilDeadline } from './until-deadline.ts';

/** What one MGET said, and how fresh that is. Redis failed: nothing. */
export interface CacheReading {
  readonly ids: readonly string[];
  readonly values: readonly (CachedEstimate | null)[];
  readonly freshnessOf: FreshnessOf;
}

/** How far a reading has come in its time. */
export interface ReadInTime {
  readonly reading: Promise<CacheReading>;
  /** null: nothing was heard of it. */
  readonly read: CacheReading | null;
  readonly deadlineAt: number;
}

/** Reads the cache, by the deadline or until whoever asked leaves. */
export function createReadInTime({
  cache,
  clock,
  freshnessNow,
}: Pick<ReadingPorts, 'cache' | 'clock' | 'freshnessNow'>) {
  const readCache = async (ids: readonly string[]): Promise<CacheReading> => {
    const freshnessOf = freshnessNow(); // before the cache is read: marks that come later do not speak for these values
    return { ids, values: await cache.read(ids).catch(() => []), freshnessOf };
  };
  return async (ids: readonly string[], { deadlineMs, leaving }: Asking): Promise<ReadInTime> => {
    const askedAt = clock.now();
    const reading = readCache(ids);
    const readUntilAt = askedAt + Math.max(CACHE_READ_MIN_MS, deadlineMs);
    const read = (await untilDeadline(reading, readUntilAt, clock, leaving?.left)) ?? null;
    return { reading, read, deadlineAt: askedAt + deadlineMs };
  };
}

/** The same without what was asked for twice. */
export function eachOnce({ ids, values, freshnessOf }: CacheReading): CacheReading {
  const valueOf = new Map(ids.map((id, at) => [id, values[at] ?? null] as const));
  return { ids: [...valueOf.keys()], values: [...valueOf.values()], freshnessOf };
}
