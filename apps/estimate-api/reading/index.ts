export { defaultReadingLimits, type ReadingLimits } from './limits.ts';
export type { AnswerSource } from './outcome.ts';
export type { CacheClocks, FreshnessOf, ReadingLog, ReadingMeter, ReadingPorts } from './ports.ts';
export { withLongestDeadline } from './longest-deadline.ts';
export { createReader, type Question, type Reader } from './reader.ts';
export { untilDeadline } from './until-deadline.ts';
export type { Unfolding } from './as-it-comes.ts';
export { STATUSES, type HomeResult, type RulesInUse, type Status } from './result-of.ts';
