import type { OutputValue } from './members/member-protocol.ts';

/** A record of the input topic, as its log holds it at the end of a run. */
export interface InputRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** 0 for the first record of this key that the producer sent, then 1, 2 ... */
  readonly sequence: number;
  /** UTC milliseconds, set by the producer. */
  readonly timestamp: number;
}

/** A record of the output topic: which record of the input it was made of, and by whom. */
export interface OutputRecord extends OutputValue {
  /** Where it is in the output topic. */
  readonly outputPartition: number;
  readonly outputOffset: number;
  readonly key: string;
}

/**
 * One look at the group during a run: first its committed offsets, then the ends of the output, so that whatever the first stand for
 * must lie below the second.
 */
export interface OffsetSample {
  /** Milliseconds on the checker's clock. */
  readonly at: number;
  /** By input partition; -1 where nothing was committed. */
  readonly committed: readonly number[];
  readonly inputEnds: readonly number[];
  readonly outputEnds: readonly number[];
}

/** A place in the input topic. */
export interface InputPlace {
  readonly partition: number;
  readonly offset: number;
}

/** All that the checker knows of a run when it is over. */
export interface RunObservation {
  /** By key: how many records the brokers acknowledged; their sequences are 0 to n - 1. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** In the order of each partition's log. */
  readonly input: readonly InputRecord[];
  /** In the order of each partition's log. */
  readonly output: readonly OutputRecord[];
  readonly samples: readonly OffsetSample[];
  /** Records that were rightly ended without an output: parked, or skipped by rule. */
  readonly endedOtherwise?: readonly InputPlace[];
}
