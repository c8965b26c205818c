export { httpEstimateSource, type HttpEstimateSourceOptions } from './adapters/http-estimate-source.ts';
export { batchingSource, WAITERS_MAX, type BatchingOptions } from './batching-source.ts';
export {
  ANSWER_BYTES_MAX,
  RETRY_AFTER_DEFAULT_MS,
  RETRY_AFTER_MAX_MS,
  SOURCE_ITEMS_MAX,
  SYNC_QUEUE_MS,
  SYNC_TIMEOUT_MS,
  WARM_QUEUE_MS,
  WARM_TIMEOUT_MS,
} from './limits.ts';
export type { EstimateSource, SourceAnswer } from './port.ts';
export {
  SOURCE_ERROR_CODES,
  SourceError,
  SourceMisbehaved,
  SourceOverloaded,
  SourceThrottled,
  SourceUnavailable,
  type SourceErrorCode,
} from './source-errors.ts';
