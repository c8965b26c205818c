import type { CacheConfig } from '../cache-config.ts';
import type { RejectedReason } from '../format.ts';
import type { HomeState } from '../home-state.ts';
import type { EstimateCache, WriterProgress } from '../port.ts';

/**
 * A cache with a hand on its surroundings: time passes when told, keys are evicted, strangers write.
 *
 * Time is the world's: on Redis every stored instant is moved into the past instead, and what goes in and out is
 * translated, so that a scenario reads the same on both.
 */
export interface CacheWorld {
  readonly cache: EstimateCache;
  readonly progress: WriterProgress;
  readonly config: CacheConfig;
  /** Milliseconds of the world's clock; a real server's moves on by itself as well. */
  now(): Promise<number>;
  /** Lets time pass for every home (and partition) that this world has touched; negative: the clock steps back. */
  pass(ms: number): Promise<void>;
  evict(propertyId: string, key: 'value' | 'flight'): Promise<void>;
  plant(propertyId: string, bytes: Buffer | string): Promise<void>;
  stateOf(propertyId: string): Promise<HomeState>;
  /** Why values were rejected so far. */
  rejected(): readonly RejectedReason[];
  /** Forgets a home for good; time passes for the others only. */
  drop(propertyId: string): Promise<void>;
  close(): Promise<void>;
}
