import { connectEstimateCache } from '@porchlight/estimate-cache';
import type { Fleet } from '@porchlight/run';
import type { Contender } from './contender.ts';

const MS_PER_SECOND = 1_000;
const COMMAND_TIMEOUT_MS = 5_000;

export const OURS = 'ours';

/**
 * estimate-api of the running fleet. It is told of a change as the invalidator tells it, by INVALIDATE and UPDATE, from this process and at
 * the instant at which a peer is told to delete: so an acknowledgement means the same for all. (The fleet's own invalidator hears of every
 * override through Kafka as well, and finds it applied or applies it first.)
 */
export async function connectOurs(fleet: Fleet, redisUrl: string): Promise<Contender> {
  const connection = await connectEstimateCache({ url: redisUrl, commandTimeoutMs: COMMAND_TIMEOUT_MS });
  const { cache } = connection;
  return {
    name: OURS,
    url: fleet.apiUrl,
    cpuMs: async () => (await fleet.metrics('estimate-api')).sum('process.cpu.time') * MS_PER_SECOND,
    factsChanged: async (propertyId, visibilityVersion) =>
      void (await cache.invalidate([{ propertyId, visibilityVersion }])),
    async estimateChanged({ propertyId, estimateVersion, valueUsd, lowUsd, highUsd, computedAt }) {
      await cache.update([{ propertyId, estimateVersion, estimate: { valueUsd, lowUsd, highUsd, computedAt } }]);
    },
    stop: () => connection.close(),
  };
}
