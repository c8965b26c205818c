/** A record as the log holds it. Offsets are numbers: a log of 2^53 records is not in sight. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** UTC milliseconds. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A name may come more than once, and keeps its order. */
  readonly headers: Readonly<Record<string, Buffer | Buffer[]>>;
}

/** What a partition holds: offsets from `low` up to, and without, `end`. */
export interface PartitionBounds {
  readonly partition: number;
  readonly low: number;
  readonly end: number;
}

/** Where reading stands in a partition. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What one fetch brought from one partition. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** Where to go on: behind the last record, also where that was none of ours to see. */
  readonly next: number;
  /** Up to here records can be read now. */
  readonly readableEnd: number;
}

export interface FetchOptions {
  /** How long the broker holds an answer that would be empty. */
  readonly waitMs: number;
  /** Of each partition; a broker sends one batch whole, however large. */
  readonly partitionBytesMax: number;
  /** `committed` leaves out what a transaction may still take back; `all` reads to the very end. */
  readonly isolation: 'committed' | 'all';
}

/**
 * Reads topics without being a member of any group: nothing is committed, nobody is rebalanced, nothing is left behind.
 *
 * @throws {CliError} KAFKA_UNREACHABLE from every method
 */
export interface LogReader {
  /** In order of partition; undefined: there is no such topic. */
  boundsOf(topic: string): Promise<PartitionBounds[] | undefined>;
  /** For each partition the first offset whose record is not older than `at`; its end where all are older. */
  offsetsAt(topic: string, at: number): Promise<Position[]>;
  /** One round of fetches, side by side on all brokers. A position that is no longer in the log is moved to its begin. */
  fetch(positions: readonly Position[], options: FetchOptions): Promise<Fetched[]>;
}
