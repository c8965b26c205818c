import type { Topic } from '../port.ts';
import type { Produce } from '../run-loop/output-batcher.ts';

/** What a request handler sees: it cannot wait here, and nothing here can fail it. */
export interface Publisher {
  /**
   * Puts a record on its way. Synchronous; never awaits and never throws.
   *
   * @returns `'accepted'` once it is in the ring; `'dropped'` (and counted) when the ring is full, the value cannot be encoded, or the
   *   publisher is closed
   */
  publish<V>(
    topic: Topic<V>,
    key: string,
    value: V,
    headers?: Readonly<Record<string, string>>,
  ): 'accepted' | 'dropped';
  /**
   * Accepts no more, sends what is left, drops and counts what is not acknowledged by then, and lets go of the connections. All of it within
   * `deadlineMs`: what a broker that does not answer would keep open is left to the end of the process. Never rejects.
   */
  close(deadlineMs: number): Promise<void>;
  state(): PublisherState;
}

export interface PublisherState {
  readonly breaker: BreakerState;
  readonly queuedRecords: number;
  readonly queuedBytes: number;
  /** A batch is with the client and has not been answered. */
  readonly inFlight: boolean;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** Why a record was dropped: a closed list, good for a metric's label. */
export type DropReason = 'full' | 'unencodable' | 'closed' | 'expired' | 'refused';

/** A record that the log has taken. */
export interface Acknowledged {
  readonly topic: string;
  readonly key: string;
  /** UTC milliseconds: of the `publish` call, and of the answer. */
  readonly publishedAt: number;
  readonly acknowledgedAt: number;
}

/** What the publisher counts; the caller wires it. Must be cheap and must not throw. */
export interface PublisherMetrics {
  accepted(topic: string): void;
  dropped(topic: string, reason: DropReason): void;
  acknowledged(record: Acknowledged): void;
  breaker(state: BreakerState): void;
}

export interface PublisherLimits {
  /** The ring. At either bound the newest record is dropped: what is under way is nearer to being useful. */
  readonly ringRecordsMax: number;
  readonly ringBytesMax: number;
  /** A batch waits so long for company, unless it is full. */
  readonly lingerMs: number;
  /**
   * From the beginning of one request to that of the next, unless a batch is full. A request costs the caller's process as much as many records
   * do: whoever publishes a lot pays for a few requests, and whoever publishes now and then waits for the linger alone.
   */
  readonly spacingMs: number;
  readonly batchRecordsMax: number;
  readonly batchBytesMax: number;
  /** A batch that is not answered by then counts as a failure. Its slot stays taken until the client answers: requests never pile up. */
  readonly answerMs: number;
  /** Failures in a row that open the breaker. */
  readonly failuresMax: number;
  readonly openFirstMs: number;
  readonly openMostMs: number;
  /** A record that is older is dropped instead of sent. */
  readonly ageMsMax: number;
}

export const publisherDefaults: PublisherLimits = {
  ringRecordsMax: 10_000,
  ringBytesMax: 16_777_216,
  lingerMs: 5,
  spacingMs: 50,
  batchRecordsMax: 500,
  batchBytesMax: 262_144,
  answerMs: 3_000,
  failuresMax: 3,
  openFirstMs: 1_000,
  openMostMs: 30_000,
  ageMsMax: 30_000,
};

/** The client behind a publisher. */
export interface PublisherTransport {
  connect(): Promise<void>;
  readonly produce: Produce;
  disconnect(): Promise<void>;
}
