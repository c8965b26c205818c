import type { EstimateCache } from '@porchlight/estimate-cache';
import type { Say } from '../bench.ts';
import { rounded } from '../quantiles.ts';
import type { BareRedis } from './bare-redis.adapter.ts';
import { fillHomes, flightKeyAt, idAt, valueKeyAt } from './homes.ts';

const SAMPLES = 1_000;
const PART = 10_000;
/** Homes that are filled side by side: Redis is then busy, and not waited for. */
const LANES = 4;

export interface MemoryFigures {
  /** MEMORY USAGE of a value, its key included; the mean of a thousand. */
  readonly bytesPerHome: number;
  /** The same of a flight, which lives two minutes around a miss. */
  readonly bytesPerFlight: number;
  /** What `used_memory` grew by for each home, flights gone: with the tables of keys and of expiries. */
  readonly usedBytesPerHome: number;
  readonly homes: number;
}

const meanOf = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;

/** Fills homes through the protocol, and looks what they cost while all of them are there. */
export async function measureMemory(
  { cache, bare }: { readonly cache: EstimateCache; readonly bare: BareRedis },
  { homes, firstHome, say, signal }: { homes: number; firstHome: number; say: Say; signal: AbortSignal },
): Promise<MemoryFigures> {
  const before = await bare.usedMemory();
  const startedAt = performance.now();
  const lane = async (which: number): Promise<void> => {
    for (let at = which * PART; at < homes; at += LANES * PART) {
      signal.throwIfAborted();
      const ids = Array.from({ length: Math.min(PART, homes - at) }, (_, i) => idAt(firstHome + at + i));
      await fillHomes(cache, ids, 7);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, which) => lane(which)));
  const tookS = (performance.now() - startedAt) / 1_000;
  // The last thousand, whose flights are surely still there.
  const sampled = Array.from({ length: Math.min(SAMPLES, homes) }, (_, i) => idAt(firstHome + homes - 1 - i));
  const usageOf = async (keyOf: (id: string) => string) =>
    meanOf(await Promise.all(sampled.map((id) => bare.memoryUsage(keyOf(id)))));
  const [value, flight] = [await usageOf(valueKeyAt), await usageOf(flightKeyAt)];
  for (let at = 0; at < homes; at += PART) {
    const ids = Array.from({ length: Math.min(PART, homes - at) }, (_, i) => idAt(firstHome + at + i));
    await bare.unlink(ids.map(flightKeyAt));
  }
  const used = ((await bare.usedMemory()) - before) / homes;
  say(
    `  ${homes.toLocaleString('en-US')} homes acquired and filled in ${rounded(tookS)} s: a value ${rounded(value)} bytes, a flight ${rounded(flight)}; used_memory ${rounded(used)} a home`,
  );
  return {
    bytesPerHome: rounded(value),
    bytesPerFlight: rounded(flight),
    usedBytesPerHome: rounded(used),
    homes,
  };
}
