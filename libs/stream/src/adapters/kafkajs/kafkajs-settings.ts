import { StreamError } from '../../errors.ts';
import { runLoopDefaults, runLoopLocal, type RunLoopSettings } from '../../settings.ts';

/** The numbers of the Kafka client of a stream app. */
export interface KafkaSettings {
  /** The group expels a member that is silent for so long: how late a killed process is noticed. */
  readonly sessionMs: number;
  /** A third of the session or less. */
  readonly heartbeatEveryMs: number;
  /** How long the group waits for its members to drain and join again. More than drainMs. */
  readonly rebalanceMs: number;
  /** The long poll. It does not delay data; it bounds how fast a paused partition resumes, heartbeats when idle, and a stop. */
  readonly fetchWaitMs: number;
  readonly partitionFetchBytesMax: number;
  readonly fetchBytesMax: number;
  /** How soon new leaders and new partitions are noticed. */
  readonly metadataAgeMs: number;
  readonly connectMs: number;
  readonly requestMs: number;
  /** Tries inside the client, before the app says that it waits for Kafka and goes on waiting by itself. */
  readonly retriesMax: number;
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
  /** How many partitions may hold a fetched batch at once; more than one process ever owns. */
  readonly partitionsAtOnceMax: number;
  /** How long leaving the group and closing the connections may take at the end. */
  readonly disconnectMs: number;
}

/** All numbers of a stream app. */
export interface StreamSettings {
  readonly kafka: KafkaSettings;
  readonly runLoop: RunLoopSettings;
}

/** Production. */
export const productionSettings: StreamSettings = {
  runLoop: runLoopDefaults,
  kafka: {
    sessionMs: 30_000,
    heartbeatEveryMs: 2_500,
    rebalanceMs: 60_000,
    fetchWaitMs: 250,
    partitionFetchBytesMax: 524_288,
    fetchBytesMax: 8_388_608,
    metadataAgeMs: 30_000,
    connectMs: 3_000,
    requestMs: 15_000,
    retriesMax: 5,
    retryFirstMs: 100,
    retryMostMs: 5_000,
    partitionsAtOnceMax: 256,
    disconnectMs: 4_500,
  },
};

/** Local runs and tests: a killed app's partitions move in under 10 s. */
export const localSettings: StreamSettings = {
  runLoop: runLoopLocal,
  kafka: {
    ...productionSettings.kafka,
    sessionMs: 6_000,
    heartbeatEveryMs: 1_500,
    rebalanceMs: 15_000,
    fetchWaitMs: 100,
    metadataAgeMs: 10_000,
    connectMs: 1_000,
    requestMs: 5_000,
    retryMostMs: 1_000,
    disconnectMs: 2_000,
  },
};

/** @throws {StreamError} BAD_SETTING, naming every contradiction */
export function checkStreamSettings(settings: StreamSettings): StreamSettings {
  const { kafka, runLoop } = settings;
  const wrong: string[] = [];
  if (kafka.heartbeatEveryMs * 3 > kafka.sessionMs) wrong.push('heartbeatEveryMs is more than a third of sessionMs');
  if (runLoop.drainMs >= kafka.rebalanceMs)
    wrong.push('drainMs is not less than rebalanceMs: the group would not wait for us');
  if (runLoop.produceBytesMax > 1_000_000)
    wrong.push("produceBytesMax is more than a broker's default message.max.bytes");
  if (wrong.length > 0) throw new StreamError('BAD_SETTING', 'crash', wrong.join('; '));
  return settings;
}
