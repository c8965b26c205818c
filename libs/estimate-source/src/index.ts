export { httpEstimateSource, type HttpEstimateSourceOptions } from './adapters/http-estimate-source.ts';
export { readBudget, type BudgetReading } from './adapters/redis-budget-reading.ts';
export { redisBudgetStore, type ScriptRunner } from './adapters/redis-budget-store.ts';
export { batchingSource, WAITERS_MAX, type BatchingOptions, type BatchingSource } from './batching-source.ts';
export type { BudgetStore, Pause, StoreDraw } from './budget-store.ts';
export {
  connectEstimateSource,
  type ConnectedEstimateSource,
  type EstimateSourceOptions,
} from './connect-estimate-source.ts';
export type { BreakerState } from './circuit-breaker.ts';
export {
  disciplinedSource,
  type DisciplinedSource,
  type DisciplineOptions,
  type SourceMeter,
} from './disciplined-source.ts';
export { hedgingSource, type HedgeOutcome, type HedgingOptions } from './hedging-source.ts';
export {
  ANSWER_BYTES_MAX,
  BACKGROUND_PAUSE_FACTOR,
  BREAKER_OPEN_MS_MAX,
  BUDGET_REST_MS,
  BUDGET_TIMEOUT_MS,
  RETRY_AFTER_DEFAULT_MS,
  RETRY_AFTER_MAX_MS,
  SOURCE_ITEMS_MAX,
  SYNC_QUEUE_MS,
  SYNC_TIMEOUT_MS,
  WARM_QUEUE_MS,
  WARM_TIMEOUT_MS,
} from './limits.ts';
export type { RetryVerdict } from './may-retry.ts';
export type { EstimateSource, FetchOptions, Lane, SourceAnswer } from './port.ts';
export {
  NOT_ASKED_CODES,
  SOURCE_ERROR_CODES,
  SourceBroken,
  SourceError,
  SourceMisbehaved,
  SourceNotAsked,
  SourceOverBudget,
  SourceOverloaded,
  SourcePaused,
  SourceThrottled,
  SourceUnavailable,
  type SourceErrorCode,
} from './source-errors.ts';
export { budgetLimitsOf, drawTokens, type BudgetLimits, type TokenDraw, type Tokens } from './token-bucket.ts';
