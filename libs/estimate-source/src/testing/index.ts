export { memoryEstimateSource, type MemoryEstimateSource } from './memory-estimate-source.ts';
export { sourceConformance, type ConformanceCase, type SourceUnderTest } from './source-conformance.ts';
