export type { CacheWorld } from './cache-world.ts';
export { conformanceConfig, describeEstimateCache } from './conformance.ts';
export { memoryWorld } from './memory-world.ts';
export { estimateOf, factsOf, jsonOf, storyOf, type Story } from './story.ts';
export { measureMarks, type MarkCost, type MarkLoad } from './marks/measure-marks.ts';
export { faultyProxy, type FaultyProxy } from './faulty-proxy.ts';
export { openHand, type CacheServers, type HandConnection } from './hand-connection.ts';
export { histories, historyConfig, playBoth, type DifferentialRun, type Move } from './history.ts';
export { redisWorldAt } from './redis-world.ts';
