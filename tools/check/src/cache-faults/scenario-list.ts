import type { CacheFault } from './world.ts';
import { clockSteps } from './scenarios/clock-steps.ts';
import { fetcherFrozen } from './scenarios/fetcher-frozen.ts';
import { invalidatorKilled } from './scenarios/invalidator-killed.ts';
import { leaseHolderKilled } from './scenarios/lease-holder-killed.ts';
import { memoryEvicts, memoryRefuses } from './scenarios/memory-full.ts';
import { memoryLosses } from './scenarios/memory-lost.ts';
import { redisKilled } from './scenarios/redis-killed.ts';
import { refusedServers } from './scenarios/refused-servers.ts';
import { appClockSteps, shippedInvalidatorKilled } from './scenarios/shipped-parts.ts';

/** In the order in which they run. */
export const scenarios: readonly CacheFault[] = [
  leaseHolderKilled,
  fetcherFrozen,
  invalidatorKilled,
  clockSteps,
  redisKilled,
  memoryEvicts,
  memoryRefuses,
  refusedServers,
  appClockSteps,
  shippedInvalidatorKilled,
  ...memoryLosses,
];
