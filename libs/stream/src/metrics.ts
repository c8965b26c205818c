import type { TopicPartition } from './port.ts';

/** How a record ended. */
export type Outcome = 'processed' | 'dropped' | 'parked';

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
  retried: nothing,
  committed: nothing,
  lag: nothing,
  inFlight: nothing,
  rebalanced: nothing,
};
