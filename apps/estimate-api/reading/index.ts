export { defaultReadingLimits, type ReadingLimits } from './limits.ts';
export type { AnswerSource } from './outcome.ts';
export type { ReadingLog, ReadingMeter, ReadingPorts } from './ports.ts';
export { createReader, type Question, type Reader } from './reader.ts';
export { untilDeadline } from './until-deadline.ts';
export { STATUSES, type HomeResult, type RulesInUse, type Status } from './result-of.ts';
