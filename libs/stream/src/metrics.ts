import type { TopicPartition } from './port.ts';

/** How a record ended. */
export type Outcome = 'processed' | 'dropped' | 'parked';

/** Why an assignment began further on than the group had come. */
export type SkipReason = 'skipped' | 'out-of-range';

/** What the runtime counts; the caller wires it to OpenTelemetry. Every function must be cheap and must not throw. */
export interface StreamMetrics {
  /** Records handed to a partition's queue. */
  consumed(at: TopicPartition, records: number): void;
  /** One record ended; the time is that of its last try. */
  processed(at: TopicPartition, durationMs: number, outcome: Outcome): void;
  /** Records acknowledged by the log, outputs and dead letters. */
  produced(topic: string, records: number): void;
  dropped(at: TopicPartition, reason: string): void;
  parked(at: TopicPartition, code: string): void;
  /** Records that an assignment passed over: too old by declaration (`skipped`), or no longer in the log (`out-of-range`). */
  skipped(at: TopicPartition, records: number, why: SkipReason): void;
  /** A record that came again after its effects on the state, and its outputs, were in. */
  alreadyDone(at: TopicPartition): void;
  /** A task's state stands; so many records of the changelog were read for it. */
  restored(at: TopicPartition, records: number): void;
  /** One more try of the same record. */
  retried(at: TopicPartition, code: string): void;
  committed(at: TopicPartition, nextOffset: bigint): void;
  /** Records behind the end of the partition, and the age of the oldest unfinished one; at each commit tick. */
  lag(at: TopicPartition, records: number, ageMs: number): void;
  inFlight(at: TopicPartition, records: number): void;
  /** An assignment began; how many partitions are here now. */
  rebalanced(partitions: number): void;
}

const nothing = (): void => undefined;

/** Counts nothing. */
export const noMetrics: StreamMetrics = {
  consumed: nothing,
  processed: nothing,
  produced: nothing,
  dropped: nothing,
  parked: nothing,
  skipped: nothing,
  alreadyDone: nothing,
  restored: nothing,
  retried: nothing,
  committed: nothing,
  lag: nothing,
  inFlight: nothing,
  rebalanced: nothing,
};
