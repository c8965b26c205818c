import { memoryEstimateCache } from '../adapters/memory/memory-estimate-cache.ts';
import { memoryWriterProgress } from '../adapters/memory/memory-writer-progress.ts';
import { createCacheConfig, type CacheConfig } from '../cache-config.ts';
import type { RejectedReason } from '../format.ts';
import type { CacheWorld } from './cache-world.ts';

const FIRST_INSTANT = 1_764_000_000_000;

/** A world around the memory adapter; its clock moves only when told. */
export async function memoryWorld(changes: Partial<CacheConfig> = {}): Promise<CacheWorld> {
  let now = FIRST_INSTANT;
  const clock = { now: () => now };
  const rejected: RejectedReason[] = [];
  const cache = memoryEstimateCache({ clock, config: changes, onRejected: (reason) => rejected.push(reason) });
  return {
    cache,
    progress: memoryWriterProgress({ clock }),
    config: createCacheConfig(changes),
    now: async () => now,
    pass: async (ms) => {
      now += ms;
    },
    evict: async (propertyId, key) => cache.evict(propertyId, key),
    plant: async (propertyId, bytes) => cache.plant(propertyId, bytes),
    stateOf: async (propertyId) => cache.stateOf(propertyId),
    rejected: () => rejected,
    drop: async (propertyId) => {
      cache.evict(propertyId, 'value');
      cache.evict(propertyId, 'flight');
    },
    close: async () => {},
  };
}
