export { budgetConformance, type BudgetCase } from './budget-conformance.ts';
export { manualSourceClock } from './manual-source-clock.ts';
export { memoryBudgetStore, type MemoryBudgetStore } from './memory-budget-store.ts';
export { memoryEstimateSource, type MemoryEstimateSource } from './memory-estimate-source.ts';
export { silentSourceMeter, unlimited } from './unlimited.ts';
export { sourceConformance, type ConformanceCase, type SourceUnderTest } from './source-conformance.ts';
