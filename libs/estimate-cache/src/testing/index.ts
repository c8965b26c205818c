export type { CacheWorld } from './cache-world.ts';
export { conformanceConfig, describeEstimateCache } from './conformance.ts';
export { memoryWorld } from './memory-world.ts';
export { estimateOf, factsOf, jsonOf, storyOf, type Story } from './story.ts';
export { faultyProxy, type FaultyProxy } from './faulty-proxy.ts';
