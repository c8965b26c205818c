import type { Clock } from '../../clock.ts';
import type { StreamLogger } from '../../log.ts';
import type { StreamMetrics } from '../../metrics.ts';
import type { Serde, TaskDefinition, Topic } from '../../port.ts';
import type { StreamTracing } from '../../tracing.ts';
import type { KafkaConnection } from './kafkajs-connection.ts';
import type { StreamSettings } from './kafkajs-settings.ts';

export interface KafkaStreamAppOptions {
  readonly connection: KafkaConnection;
  /** The consumer group; dead letters go to `<groupId>.dlq`, which must exist. */
  readonly groupId: string;
  /** One for each kind of task; no topic twice. */
  readonly definitions: readonly TaskDefinition<unknown>[];
  /** Topics that the tasks write: the first start waits until they can be written, as it does for the dead letters. Default: none. */
  readonly outputs?: readonly Topic<unknown>[];
  readonly serde: Serde;
  readonly log: StreamLogger;
  /** The folder of the local copies of state; `<stateDir>/<groupId>/<partition>` is a partition's. Needed if a definition has stores. */
  readonly stateDir?: string;
  /** Called once when the process must stop: an unplanned error, its offset uncommitted. The caller stops the app and exits non-zero. */
  readonly onFatal: (error: Error) => void;
  readonly metrics?: StreamMetrics;
  /** Default: nothing is traced. */
  readonly tracing?: StreamTracing | undefined;
  /** Default: productionSettings. */
  readonly settings?: StreamSettings;
  /** Default: the machine's. */
  readonly clock?: Clock;
}
