/** A record as Kafka gets it: the value is Avro already. */
export interface ChangeRecord {
  readonly topic: string;
  /** A propertyId or an mlsId; equal keys share a partition. */
  readonly key: string;
  readonly value: Buffer;
  /** Where its trace begins, if it is traced. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where changes are published. */
export interface ChangeLog {
  /**
   * Resolves when all in-sync replicas have every record; records of one key are written in the order given. While Kafka
   * is down it waits. What it rejects may be written or not: publish it again.
   *
   * @throws with fate `retry` after `abandon`, with fate `crash` when the broker refuses for good
   */
  publish(records: readonly ChangeRecord[]): Promise<void>;
  /** How many partitions each topic has now, by its name. @throws with fate `retry` when Kafka does not answer */
  partitions(): Promise<Record<string, number>>;
  /** Rejects what is not acknowledged yet, so that it is not written later; the next `publish` begins anew. Never throws. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}
