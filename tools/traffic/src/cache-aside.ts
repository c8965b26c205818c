import type { HomesIndex } from './homes-index.ts';
import type { PlannedCall } from './planned-call.ts';
import { maySee } from './viewer-level.ts';
import type { ViewerRole } from './workload.ts';

/** The plain twin: what it holds for how long, and which part of the plan counts. */
export interface CacheAsideOptions {
  ttlActiveMs: number;
  ttlOffMarketMs: number;
  /** Whether only a viewer who may see a home pays for it, as Porchlight does; a plain cache fetches for everybody. */
  hidesFromViewers: boolean;
  /** Calls before this fill the cache and are not counted. */
  warmupMs: number;
  /** How long is counted after it. */
  measuredMs: number;
}

/** What the twin saw in the measured window. */
export interface CacheAsideResult {
  itemHitRate: number;
  singleHitRate: number;
  mapCalls: number;
  singleCalls: number;
  densityCalls: number;
  /** Ids that map calls asked for. */
  mapItems: number;
  mapCallsPerS: number;
  singleCallsPerS: number;
  itemsPerMapCall: number;
  truncatedShare: number;
  /** Homes that were in the cache at the end of the window. */
  homesCached: number;
}

/** The talk's TTLs. */
export const TALK_TTL = { ttlActiveMs: 300_000, ttlOffMarketMs: 14_400_000 } as const;

/**
 * A cache-aside cache in virtual time: a miss fetches and fills at once; no warm-up, no jitter.
 *
 * A map call asks for the homes that the map shows (the first in order of id), a single get for one. `itemHitRate` is over
 * the ids of map calls, `singleHitRate` over single gets.
 */
export function simulateCacheAside(
  plan: Iterable<PlannedCall>,
  homes: HomesIndex,
  options: CacheAsideOptions,
): CacheAsideResult {
  const expiresAt = new Float64Array(homes.size);
  const endMs = options.warmupMs + options.measuredMs;
  const count = { mapCalls: 0, singleCalls: 0, densityCalls: 0, mapItems: 0, mapHits: 0, singleHits: 0, truncated: 0 };
  const ask = (number: number, { atMs, role }: { atMs: number; role: ViewerRole }): boolean => {
    if ((expiresAt[number] ?? 0) > atMs) return true;
    if (options.hidesFromViewers && !maySee(role, homes.levelOf(number))) return false;
    expiresAt[number] = atMs + (homes.isActive(number) ? options.ttlActiveMs : options.ttlOffMarketMs);
    return false;
  };
  for (const call of plan) {
    if (call.atMs >= endMs) break;
    const counted = call.atMs >= options.warmupMs ? 1 : 0;
    if (call.kind === 'density') count.densityCalls += counted;
    else if (call.kind === 'single') {
      count.singleCalls += counted;
      if (ask(homes.numberOf(call.propertyId), call)) count.singleHits += counted;
    } else {
      const { shown, total } = homes.homesIn(call.viewport, call.limit);
      count.mapCalls += counted;
      if (total > shown.length) count.truncated += counted;
      count.mapItems += counted * shown.length;
      for (const number of shown) if (ask(number, call)) count.mapHits += counted;
    }
  }
  const measuredS = options.measuredMs / 1_000;
  return {
    itemHitRate: ratio(count.mapHits, count.mapItems),
    singleHitRate: ratio(count.singleHits, count.singleCalls),
    mapCalls: count.mapCalls,
    singleCalls: count.singleCalls,
    densityCalls: count.densityCalls,
    mapItems: count.mapItems,
    mapCallsPerS: count.mapCalls / measuredS,
    singleCallsPerS: count.singleCalls / measuredS,
    itemsPerMapCall: ratio(count.mapItems, count.mapCalls),
    truncatedShare: ratio(count.truncated, count.mapCalls),
    homesCached: expiresAt.filter((expiry) => expiry > endMs).length,
  };
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
