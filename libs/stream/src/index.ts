export { delay, systemClock, type Clock, type Timer } from './clock.ts';
export { StreamError, type StreamErrorCode } from './errors.ts';
export { codeOf, fateOf, type Fate } from './fate.ts';
export { silentLogger, type StreamLogger } from './log.ts';
export { noMetrics, type Outcome, type StreamMetrics } from './metrics.ts';
export type {
  Collector,
  PartitionState,
  RawRecord,
  Serde,
  StreamApp,
  StreamRecord,
  StreamState,
  StreamTask,
  TaskDefinition,
  TaskOrder,
  TaskWindow,
  Topic,
  TopicPartition,
} from './port.ts';
export { checkRunLoopSettings, runLoopDefaults, type RunLoopSettings } from './settings.ts';
