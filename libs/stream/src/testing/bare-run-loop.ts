import { silentLogger } from '../log.ts';
import { noMetrics } from '../metrics.ts';
import type { RawRecord, TaskDefinition, TopicPartition } from '../port.ts';
import type { LogClient } from '../run-loop/log-client.ts';
import { RunLoop, type RunLoopOptions } from '../run-loop/run-loop.ts';
import { runLoopDefaults, type RunLoopSettings } from '../settings.ts';
import { ManualClock } from './manual-clock.ts';
import { jsonSerde } from './real-kafka.ts';

/** What a test of the run loop alone wants otherwise. */
export interface BareOptions {
  readonly clock?: RunLoopOptions['clock'];
  readonly settings?: Partial<RunLoopSettings>;
  readonly client?: Partial<LogClient>;
}

/** A run loop on a log that takes everything at once and says nothing by itself. What stops it is thrown. */
export function bareRunLoop(
  definitions: readonly TaskDefinition<unknown>[],
  { clock = new ManualClock(), settings, client }: BareOptions = {},
): RunLoop {
  return new RunLoop({
    groupId: 'g',
    definitions,
    serde: jsonSerde,
    clock,
    log: silentLogger,
    metrics: noMetrics,
    settings: { ...runLoopDefaults, ...settings },
    client: {
      pause: () => undefined,
      resume: () => undefined,
      produce: () => Promise.resolve(),
      commit: () => Promise.resolve(),
      offsetsAt: () => Promise.resolve([]),
      seek: () => undefined,
      ...client,
    },
    onFatal: (error) => {
      throw error;
    },
  });
}

/** A record as it was fetched: without a key, of 1970, its value its offset unless it says otherwise. */
export const rawRecordAt = (at: TopicPartition, offset: number, more: Partial<RawRecord> = {}): RawRecord => ({
  ...at,
  offset: BigInt(offset),
  key: null,
  value: Buffer.from(String(offset)),
  headers: {},
  timestamp: 0,
  ...more,
});
