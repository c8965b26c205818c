import { backOffMs } from '../back-off.ts';
import { settledWithin, type Clock, type Timer } from '../clock.ts';
import { codeOf, fateOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { Serde, Topic } from '../port.ts';
import type { OutgoingRecord } from '../run-loop/output-batcher.ts';
import { Breaker } from './breaker.ts';
import {
  publisherDefaults,
  type DropReason,
  type Publisher,
  type PublisherLimits,
  type PublisherMetrics,
  type PublisherState,
  type PublisherTransport,
} from './publisher-port.ts';
import { PublisherRing, type RingRecord } from './publisher-ring.ts';

export interface PublisherOptions {
  readonly transport: PublisherTransport;
  readonly serde: Serde;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly metrics?: Partial<PublisherMetrics>;
  readonly limits?: Partial<PublisherLimits>;
}

/** A publisher over any client; it connects in the background, and nothing waits for that. */
export const createPublisher = (options: PublisherOptions): Publisher => new RingPublisher(options);

class RingPublisher implements Publisher {
  readonly #options: PublisherOptions;
  readonly #limits: PublisherLimits;
  readonly #metrics: PublisherMetrics;
  readonly #ring: PublisherRing;
  readonly #breaker: Breaker;
  #timer: Timer | undefined;
  #timerIsUrgent = false;
  #inFlight = false;
  /** When the last request began, UTC milliseconds. */
  #begunAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  /** All that was not acknowledged is counted as dropped: a late answer must not count it again. */
  #gaveUp = false;
  #tellEmpty: () => void = () => undefined;
  #saidUnencodable = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#limits = { ...publisherDefaults, ...options.limits };
    this.#metrics = harmless(options.metrics ?? {}, options.log);
    this.#ring = new PublisherRing(this.#limits);
    this.#breaker = new Breaker(options.clock, this.#limits, (state) => this.#onBreaker(state));
    void this.#connect();
  }

  publish<V>(
    topic: Topic<V>,
    key: string,
    value: V,
    headers: Readonly<Record<string, string>> = {},
  ): 'accepted' | 'dropped' {
    if (this.#closed) return this.#drop(topic.name, 'closed');
    if (this.#ring.isFull) return this.#drop(topic.name, 'full'); // before it is encoded: an outage must not cost more than health
    let record: OutgoingRecord;
    try {
      record = { topic: topic.name, key: Buffer.from(key), value: this.#options.serde.encode(topic, value), headers };
    } catch (error) {
      this.#sayUnencodable(topic.name, error);
      return this.#drop(topic.name, 'unencodable');
    }
    if (!this.#ring.push(record, this.#options.clock.now())) return this.#drop(topic.name, 'full');
    this.#metrics.accepted(topic.name);
    this.#schedule();
    return 'accepted';
  }

  state(): PublisherState {
    const { records, bytes } = this.#ring;
    return { breaker: this.#breaker.state, queuedRecords: records, queuedBytes: bytes, inFlight: this.#inFlight };
  }

  async close(deadlineMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { clock, transport, log } = this.#options;
    const endAt = clock.now() + deadlineMs;
    const empty = new Promise<void>((resolve) => (this.#tellEmpty = resolve));
    this.#schedule();
    const flushed = this.#ring.records === 0 || (await settledWithin(clock, deadlineMs, empty));
    this.#timer?.cancel();
    if (!flushed) log.warn('the publisher closed with records unsent', { records: this.#ring.records });
    this.#gaveUp = true;
    for (const { record } of this.#ring.clear()) this.#drop(record.topic, 'closed');
    await settledWithin(clock, Math.max(0, endAt - clock.now()), transport.disconnect()).catch(() => false);
  }

  // ---- sending ----

  /** One timer at a time: the linger and the spacing, nothing for a full batch or a closing publisher, or the breaker's pause. */
  #schedule(): void {
    if (this.#inFlight || this.#ring.records === 0) return;
    const isFull = this.#ring.hasFullBatch;
    const isUrgent = isFull || this.#closed;
    if (this.#timer !== undefined && (!isUrgent || this.#timerIsUrgent)) return;
    this.#timer?.cancel();
    this.#timerIsUrgent = isUrgent;
    const waitMs = Math.max(this.#breaker.waitMs(), isUrgent ? 0 : this.#companyMs());
    this.#timer = this.#options.clock.after(waitMs, () => {
      this.#timer = undefined;
      void this.#flush();
    });
  }

  /** How long a batch that is not full waits for company. Never longer than the two limits, even if the host's clock was set back. */
  #companyMs(): number {
    const { lingerMs, spacingMs } = this.#limits;
    return Math.max(lingerMs, Math.min(spacingMs, this.#begunAt + spacingMs - this.#options.clock.now()));
  }

  async #flush(): Promise<void> {
    this.#expireOld();
    if (this.#breaker.waitMs() > 0) return this.#schedule();
    const batch = this.#ring.batch();
    if (batch.length === 0) return this.#afterFlush();
    this.#inFlight = true;
    this.#begunAt = this.#options.clock.now();
    try {
      await this.#sendWatched(batch);
    } finally {
      this.#inFlight = false;
      this.#afterFlush();
    }
  }

  /** The records stay in the ring, counted, until they are answered for. */
  async #sendWatched(batch: readonly RingRecord[]): Promise<void> {
    const { clock, transport } = this.#options;
    let counted = false;
    const late = clock.after(this.#limits.answerMs, () => {
      counted = true;
      this.#breaker.failed();
    });
    try {
      await transport.produce(batch.map(({ record }) => record));
      this.#breaker.succeeded();
      this.#acknowledge(batch);
    } catch (error) {
      if (!counted) this.#breaker.failed();
      if (fateOf(error) !== 'retry') this.#refuse(batch, error);
    } finally {
      late.cancel();
    }
  }

  #acknowledge(batch: readonly RingRecord[]): void {
    if (this.#gaveUp) return;
    const acknowledgedAt = this.#options.clock.now();
    this.#ring.remove(batch.length);
    for (const { record, publishedAt } of batch) {
      this.#metrics.acknowledged({
        topic: record.topic,
        key: record.key?.toString() ?? '',
        publishedAt,
        acknowledgedAt,
      });
    }
  }

  #refuse(batch: readonly RingRecord[], error: unknown): void {
    if (this.#gaveUp) return;
    this.#options.log.error('kafka refused published records', {
      records: batch.length,
      code: codeOf(error, 'UNKNOWN'),
    });
    this.#ring.remove(batch.length);
    for (const { record } of batch) this.#drop(record.topic, 'refused');
  }

  #afterFlush(): void {
    if (this.#ring.records === 0) this.#tellEmpty();
    else this.#schedule();
  }

  #expireOld(): void {
    const oldestAt = this.#options.clock.now() - this.#limits.ageMsMax;
    for (const { record } of this.#ring.removeOlderThan(oldestAt)) this.#drop(record.topic, 'expired');
  }

  // ---- the rest ----

  /** Early, so that the first record does not pay for it; a failure is found again by the first batch. */
  async #connect(): Promise<void> {
    const { transport, clock } = this.#options;
    for (let attempt = 1; !this.#closed; attempt += 1) {
      try {
        return await transport.connect();
      } catch (error) {
        if (attempt === 1) this.#options.log.warn('the publisher waits for kafka', { code: codeOf(error, 'UNKNOWN') });
        const { openFirstMs, openMostMs } = this.#limits;
        await new Promise<void>(
          (resolve) => void clock.after(backOffMs({ firstMs: openFirstMs, mostMs: openMostMs }, attempt), resolve),
        );
      }
    }
  }

  #onBreaker(state: PublisherState['breaker']): void {
    this.#metrics.breaker(state);
    this.#options.log[state === 'open' ? 'warn' : 'info'](`the publisher's breaker is ${state}`, {
      queued: this.#ring.records,
    });
  }

  #drop(topic: string, reason: DropReason): 'dropped' {
    this.#metrics.dropped(topic, reason);
    return 'dropped';
  }

  /** Once: the count says how often, and a line for each request would be a flood. */
  #sayUnencodable(topic: string, error: unknown): void {
    if (this.#saidUnencodable) return;
    this.#saidUnencodable = true;
    this.#options.log.error('a record could not be encoded and was dropped', { topic, code: codeOf(error, 'UNKNOWN') });
  }
}

/** The caller's counters, made unable to fail a request or to lose a batch. */
function harmless(metrics: Partial<PublisherMetrics>, log: StreamLogger): PublisherMetrics {
  const guarded =
    <Args extends unknown[]>(count: ((...args: Args) => void) | undefined) =>
    (...args: Args): void => {
      try {
        count?.(...args);
      } catch (error) {
        log.error("a publisher's metric failed", { code: codeOf(error, 'UNKNOWN') });
      }
    };
  return {
    accepted: guarded(metrics.accepted?.bind(metrics)),
    dropped: guarded(metrics.dropped?.bind(metrics)),
    acknowledged: guarded(metrics.acknowledged?.bind(metrics)),
    breaker: guarded(metrics.breaker?.bind(metrics)),
  };
}
