import type { StreamMetrics } from '../metrics.ts';
import { noMetrics } from '../metrics.ts';
import type { TopicPartition } from '../port.ts';

/** What was counted, in order. */
export interface Counted extends TopicPartition {
  readonly what: 'dropped' | 'parked' | 'retried' | 'skipped' | 'already-done' | 'restored';
  /** The reason of a drop, the code of an error; of a skip the reason and the number of records; of a restore that number. */
  readonly why: string;
}

/** Metrics that remember, for tests that compare them. */
export function createRecordingMetrics(): { metrics: StreamMetrics; counted: Counted[] } {
  const counted: Counted[] = [];
  const note =
    (what: Counted['what']) =>
    ({ topic, partition }: TopicPartition, why: string): void =>
      void counted.push({ what, topic, partition, why });
  return {
    counted,
    metrics: {
      ...noMetrics,
      dropped: note('dropped'),
      parked: note('parked'),
      retried: note('retried'),
      alreadyDone: (at) => note('already-done')(at, ''),
      restored: (at, records) => note('restored')(at, String(records)),
      skipped: (at, records, why) => note('skipped')(at, `${why} ${records}`),
    },
  };
}

/** @returns what was passed over, as `<partition> <reason> <records>` in order */
export const skippedIn = (counted: readonly Counted[]): string[] =>
  counted.filter(({ what }) => what === 'skipped').map(({ partition, why }) => `${partition} ${why}`);
