export { murmur2, partitionOfKey } from './assignment/partition-of-key.ts';
export { delay, systemClock, type Clock, type Timer } from './clock.ts';
export {
  defaultErrorPolicy,
  type ErrorEnd,
  type ErrorPolicy,
  type ErrorRule,
  type StagePolicy,
} from './error-policy.ts';
export { StreamError, type StreamErrorCode } from './errors.ts';
export { codeOf, fateOf, type Fate } from './fate.ts';
export { silentLogger, type StreamLogger } from './log.ts';
export { noMetrics, type Outcome, type SkipReason, type StreamMetrics } from './metrics.ts';
export type {
  AssignedRange,
  CatchUp,
  Collector,
  KeyRange,
  KeyValueStore,
  LogRange,
  PartitionPosition,
  PartitionState,
  RawRecord,
  Serde,
  StreamApp,
  StreamPositions,
  StreamRecord,
  StreamState,
  StoreDefinition,
  StreamTask,
  TaskContext,
  TaskDefinition,
  TaskOrder,
  TaskWindow,
  Topic,
  TopicPartition,
} from './port.ts';
export { checkRunLoopSettings, runLoopDefaults, runLoopLocal, type RunLoopSettings } from './settings.ts';
export { BrokerProxy } from './testing/broker-proxy.ts';
export { createRecordingMetrics, type Counted } from './testing/recording-metrics.ts';
export { changelogTopicFor } from './state/changelog-client.ts';
export { MemoryDisk } from './state/memory-disk.ts';
export { StateError, type StateErrorCode } from './state/state-error.ts';
export type { MemoryChangelog } from './testing/memory-changelog.ts';
export { ManualClock, turn } from './testing/manual-clock.ts';
export type { MemoryApp, MemoryFaults } from './testing/memory-app.ts';
export { MemoryLog } from './testing/memory-log.ts';
export { runTask, type RunTaskOptions, type RunTaskResult } from './testing/run-task.ts';
export {
  createTestRun,
  TestRun,
  type ParkedRecord,
  type SentRecord,
  type TestRecord,
  type TestRunOptions,
} from './testing/test-run.ts';
export { createValueSerde } from './testing/value-serde.ts';
export { deadLetterHeaders, deadLetterTopicFor } from './run-loop/dead-letter.ts';
export {
  createStreamApp,
  groupProtocols,
  kafkaClients,
  type GroupProtocol,
  type KafkaClient,
  type MembershipOptions,
  type StreamAppOptions,
} from './create-stream-app.ts';
export { createKafkaStreamApp } from './adapters/kafkajs/kafkajs-app.ts';
export type { KafkaStreamAppOptions } from './adapters/kafkajs/kafkajs-app-options.ts';
export type { KafkaConnection } from './adapters/kafkajs/kafkajs-connection.ts';
export {
  createKafkaProducer,
  type KafkaProducer,
  type KafkaProducerOptions,
} from './adapters/kafkajs/kafkajs-producer.ts';
export { readTopicRetention, type TopicRetention } from './adapters/kafkajs/kafkajs-topic-retention.ts';
export { createKafkaPublisher, type KafkaPublisherOptions } from './adapters/kafkajs/kafkajs-publisher.ts';
export {
  checkStreamSettings,
  localSettings,
  productionSettings,
  type KafkaSettings,
  type StreamSettings,
} from './adapters/kafkajs/kafkajs-settings.ts';
export { createPublisher, type PublisherOptions } from './publisher/publisher.ts';
export {
  publisherDefaults,
  type Acknowledged,
  type BreakerState,
  type DropReason,
  type Publisher,
  type PublisherLimits,
  type PublisherMetrics,
  type PublisherState,
  type PublisherTransport,
} from './publisher/publisher-port.ts';
export { installRejectionGuard } from './publisher/rejection-guard.ts';
export type { SentSpan, StreamTracing } from './tracing.ts';
