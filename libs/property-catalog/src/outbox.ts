/** A row of the outbox: one change, committed, not yet in Kafka. */
export interface OutboxRow {
  /** Drawn under the lock of the row that changed: within one key, a lower id was committed earlier. */
  readonly id: number;
  /** The name of the record: ListingStatusChanged, SellerOverrideChanged or MlsRuleChanged. */
  readonly type: string;
  /** The record's key: a propertyId or an mlsId. */
  readonly aggregateId: string;
  /** The record's value as JSON, not yet checked. */
  readonly payload: unknown;
}

/**
 * The one session that reads the outbox. It holds the relay's advisory lock, so that what it reads, deletes and writes is
 * lost to it at the same moment as the lock.
 *
 * @throws {CatalogUnavailable} from every method once the session has ended; it does not come back
 */
export interface OutboxSession {
  /** Whether this session is the one active relay; asks for the lock if nobody holds it. */
  lead(): Promise<boolean>;
  /** The primary's clock, UTC milliseconds: before the snapshot of any statement that is sent later. */
  clock(): Promise<number>;
  /** The oldest rows visible now, in order of id, and the highest id visible now (0 when empty). */
  read(rowsMax: number): Promise<{ rows: OutboxRow[]; lastId: number }>;
  /** Takes away what Kafka acknowledged. */
  remove(ids: readonly number[]): Promise<void>;
  /** Puts a row that no record can be made of aside, with the reason. */
  bury(id: number, error: string): Promise<void>;
  /** How many rows lie aside. */
  buried(): Promise<number>;
  writeProgress(progress: { publishedUntilAt: number; partitions: Record<string, number> }): Promise<void>;
  /** Proves that the session, and with it the lock, is still alive. */
  ping(): Promise<void>;
  /** Resolves at the next change that commits, when the session ends, or after `waitMs`; never rejects. */
  changed(waitMs: number): Promise<void>;
  close(): Promise<void>;
}
