import { defaultCacheConfig } from '@porchlight/estimate-cache';
import { BUSY_SHARE, FLIGHT_MS, GIB, HEADROOM_SHARE, measured } from './measured.ts';

/** What an operator expects. Shares are percents, rates are whole numbers a second. */
export interface CacheDemand {
  /** Homes that are cached at once, at most: every home that anybody looks at within its TTL. */
  readonly homes: number;
  /** Of them, how many are for sale: their estimates live shorter. */
  readonly activePercent: number;
  /** Homes read a second at the peak, over all calls. */
  readonly readsPerS: number;
  /** Homes of one call, on average: one MGET. */
  readonly homesPerRead: number;
  readonly hitPercent: number;
  /** Replicas of each shard. */
  readonly copies: number;
  readonly shardGib: number;
  readonly homeBytes: number;
  /** Rent of a GiB for a month; null: nobody said. */
  readonly usdPerGibMonth: number | null;
}

/** Why there are so many shards. */
export type ShardLimit = 'memory' | 'homes read' | 'commands' | 'fills';

export interface CachePlan {
  readonly demand: CacheDemand;
  readonly valuesBytes: number;
  readonly flightsBytes: number;
  readonly usedBytes: number;
  /** Fills a second at the peak: misses, bounded by how often every home can soft-expire. */
  readonly fillsPerS: number;
  readonly commandsPerS: number;
  /** Shards that each limit alone would need. */
  readonly shardsBy: Readonly<Record<ShardLimit, number>>;
  readonly shards: number;
  readonly limit: ShardLimit;
  readonly topology: 'single' | 'cluster';
  /** `maxmemory` of a shard. */
  readonly maxmemoryBytes: number;
  readonly machineBytes: number;
  readonly servers: number;
  readonly totalBytes: number;
  /** Bits a second out of all primaries: answers, and what copies are sent. */
  readonly outBitsPerS: number;
  readonly outBitsPerShard: number;
  readonly usdPerMonth: number | null;
}

const SOFT_SHARE = defaultCacheConfig.softPercent / 100;

/** No home is refreshed before its soft expiry, however often it is read. */
function refreshesPerS({ homes, activePercent }: CacheDemand): number {
  const active = homes * (activePercent / 100);
  const everyMs = (ttlMs: number): number => ttlMs * SOFT_SHARE;
  const perMs =
    active / everyMs(defaultCacheConfig.estimateTtlActiveMs) +
    (homes - active) / everyMs(defaultCacheConfig.estimateTtlOffMarketMs);
  return perMs * 1_000;
}

/** Two primaries have no majority without each other: a lost one would not be replaced. */
const CLUSTER_SHARDS_MIN = 3;

/** A limit that is met exactly is met. */
const shardsFor = (need: number, of: number): number => Math.max(1, Math.ceil(need / of));

function tightest(shardsBy: Readonly<Record<ShardLimit, number>>): { limit: ShardLimit; shards: number } {
  let largest: { limit: ShardLimit; shards: number } = { limit: 'memory', shards: shardsBy.memory };
  for (const [limit, shards] of Object.entries(shardsBy) as [ShardLimit, number][])
    if (shards > largest.shards) largest = { limit, shards };
  return largest;
}

/** How large the cache must be. Pure arithmetic on what was measured (`measured.ts`). */
export function planCache(demand: CacheDemand): CachePlan {
  const { homes, readsPerS, homesPerRead, hitPercent, copies, shardGib, homeBytes, usdPerGibMonth } = demand;
  const fillsPerS = Math.min(readsPerS * (1 - hitPercent / 100), refreshesPerS(demand));
  const commandsPerS = readsPerS / homesPerRead;
  const tableBytes = measured.homeBytes - measured.valueBytes;
  const valuesBytes = homes * homeBytes;
  const flightsBytes = fillsPerS * (FLIGHT_MS / 1_000) * (measured.flightBytes + tableBytes);
  const usedBytes = valuesBytes + flightsBytes;
  const shardsBy = {
    memory: shardsFor(usedBytes, shardGib * GIB),
    'homes read': shardsFor(readsPerS, measured.mgetHomesPerS * BUSY_SHARE),
    commands: shardsFor(commandsPerS, measured.getsPerS * BUSY_SHARE),
    fills: shardsFor(fillsPerS, measured.fillsPerS * BUSY_SHARE),
  };
  const { limit, shards: needed } = tightest(shardsBy);
  const shards = needed === 1 ? 1 : Math.max(needed, CLUSTER_SHARDS_MIN);
  const maxmemoryBytes = usedBytes / shards;
  const machineBytes = maxmemoryBytes * (1 + HEADROOM_SHARE);
  const servers = shards * (1 + copies);
  const outBitsPerS = 8 * measured.valueBytes * (readsPerS * (hitPercent / 100) + fillsPerS * copies);
  const totalBytes = machineBytes * servers;
  return {
    demand,
    valuesBytes,
    flightsBytes,
    usedBytes,
    fillsPerS,
    commandsPerS,
    shardsBy,
    shards,
    limit,
    topology: shards === 1 ? 'single' : 'cluster',
    maxmemoryBytes,
    machineBytes,
    servers,
    totalBytes,
    outBitsPerS,
    outBitsPerShard: outBitsPerS / shards,
    usdPerMonth: usdPerGibMonth === null ? null : (totalBytes / GIB) * usdPerGibMonth,
  };
}
