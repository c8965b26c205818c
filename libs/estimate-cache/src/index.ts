export type {
  AcquireAnswer,
  AcquireRequest,
  CachedEstimate,
  EstimateCache,
  EstimateChange,
  FillAnswer,
  FillRequest,
  InvalidateOutcome,
  LeaseClass,
  RecheckRequest,
  TouchOutcome,
  UpdateOutcome,
  VersionedChange,
  WriterProgress,
} from './port.ts';
export {
  memoryEstimateCache,
  type CacheFaults,
  type MemoryEstimateCache,
  type MemoryEstimateCacheOptions,
} from './adapters/memory/memory-estimate-cache.ts';
export {
  connectEstimateCache,
  type EstimateCacheConnection,
  type EstimateCacheOptions,
} from './adapters/redis/connect-estimate-cache.ts';
export { connectCacheTime, type CacheTime } from './adapters/redis/connect-cache-time.ts';
export { connectTopology } from './adapters/redis/connect-topology.ts';
export {
  createRedisConnection,
  type RedisConnectionOptions,
  type RedisTopology,
} from './adapters/redis/redis-connection.ts';
export { redisHomeInspector, type RedisHomeInspectorOptions } from './adapters/redis/redis-home-inspector.ts';
export { redisEstimateCache, type RedisEstimateCacheOptions } from './adapters/redis/redis-estimate-cache.ts';
export { singleRedisTransport, type RedisTransport } from './adapters/redis/redis-transport.ts';
export { redisWriterProgress } from './adapters/redis/redis-writer-progress.ts';
export { memoryWriterProgress } from './adapters/memory/memory-writer-progress.ts';
export { createCacheConfig, defaultCacheConfig, eventsModeTtls, type CacheConfig } from './cache-config.ts';
export type { Clock } from './clock.ts';
export { afterAcquire, flightKeyOf, paysForRefresh, type AcquireNext } from './decisions/after-acquire.ts';
export { afterCheck, compareFacts, type CheckNext, type FactsComparison } from './decisions/after-check.ts';
export { afterFacts, type PayJudgement, type Right } from './decisions/after-facts.ts';
export { leavesBackOff, type NotFetched } from './decisions/after-fetch.ts';
export {
  afterFill,
  answerUnfilled,
  factsFenceAfter,
  isStored,
  type FillNext,
  type FillReply,
  type UnfilledNext,
} from './decisions/after-fill.ts';
export { afterRead, answersViewer, type ReadNext } from './decisions/after-read.ts';
export { mayTell } from './decisions/may-tell.ts';
export {
  BadCacheEntry,
  CacheConfigRefused,
  CacheFault,
  CachePartlyUnavailable,
  CachePolicyRefused,
  CacheUnavailable,
  PayloadTooLarge,
} from './errors.ts';
export { estimateJsonOf } from './estimate-json.ts';
export type { OnRejected, RejectedReason } from './format.ts';
export type { HomeInspection, HomeInspector } from './home-inspection.ts';
export {
  defaultFreshnessPolicy,
  freshnessOf,
  type FeedMark,
  type Freshness,
  type FreshnessContext,
  type FreshnessPolicy,
  type FreshnessVerdict,
} from './freshness.ts';
export type { Flight, HomeState, Lease, Step, StoredValue } from './home-state.ts';
export { BUCKETS, bucketOf, keysOf, upstreamBudgetKeyOf, type HomeKeys } from './keys.ts';
export { memoryMarkStore, type MarkFaults, type MemoryMarkStore } from './adapters/memory/memory-mark-store.ts';
export { redisMarkStore, type RedisMarkStoreOptions } from './adapters/redis/redis-mark-store.ts';
export { emptyMark, feedPartitionName } from './marks/bucket-mark.ts';
export { createFeedMarks, type FeedMarksOptions } from './marks/feed-marks.ts';
export { feedMarkOf } from './marks/watermark.ts';
export {
  defaultEstimateFeedPolicy,
  isUnfed,
  type EstimateFeedContext,
  type EstimateFeedPolicy,
} from './fed-estimates.ts';
export { createWatermarks, MARKS_POLL_MS, type WatermarksOptions } from './marks/watermarks.ts';
export type {
  BucketCommands,
  BucketMark,
  FeedMarks,
  FeedPartition,
  FeedPosition,
  FeedProgress,
  FeedUntil,
  FeedVerdict,
  LogRange,
  MarkAnswer,
  MarkCommand,
  MarkReading,
  MarkStore,
  PartitionMark,
  ResetAnswer,
  ResetCommand,
  Watermarks,
  WatermarksReport,
} from './marks/port.ts';
export { randomNonce, warmNonce } from './nonce.ts';
export { partialAnswers } from './partial-answers.ts';
export { reachedAnswersOver, storedAnswersOver, type AnswersOf } from './reached-answers.ts';
export { WRITER_PROGRESS_MS } from './writer-progress.ts';
