import { backOffMs } from '../back-off.ts';
import type { Clock, Timer } from '../clock.ts';
import { StreamError } from '../errors.ts';
import { codeOf, errorOf, fateOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';

/** A record on its way to the log. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string>>;
}

/** Writes records in the order given, per partition; resolves when all are acknowledged. Fate `retry` for a log that is down. */
export type Produce = (records: readonly OutgoingRecord[]) => Promise<void>;

export interface BatcherLimits {
  readonly produceRecordsMax: number;
  readonly produceBytesMax: number;
  readonly outputRecordsMax: number;
  readonly outputBytesMax: number;
  readonly retryFirstMs: number;
  readonly retryMostMs: number;
}

interface BatcherPorts {
  readonly produce: Produce;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly metrics: Pick<StreamMetrics, 'produced'>;
  readonly limits: BatcherLimits;
  /** Called when there is room again after it was full. */
  readonly onRoom: () => void;
}

interface Submission {
  left: number;
  resolve(): void;
  reject(error: Error): void;
}

interface Waiting {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  readonly submission: Submission;
}

/** What a record costs beside its bytes: framing, key and header names, and the objects that hold it here. */
const RECORD_OVERHEAD_BYTES = 100;

/**
 * One produce request in flight, shared by all partitions of the process; what arrives meanwhile goes with the next one. That batches by
 * itself (kafkajs has no linger), adds no wait when idle, and keeps the order of everything, retries included.
 */
export class OutputBatcher {
  readonly #ports: BatcherPorts;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #sending: Waiting[] = [];
  #busy = false;
  #closed = false;
  #wasFull = false;
  #failures = 0;
  #retryTimer: Timer | undefined;
  #endRetryWait: () => void = () => undefined;

  constructor(ports: BatcherPorts) {
    this.#ports = ports;
  }

  /** At the bound: begin nothing that could add outputs. */
  get isFull(): boolean {
    const { outputRecordsMax, outputBytesMax } = this.#ports.limits;
    const full =
      this.#waiting.length + this.#sending.length >= outputRecordsMax || this.#waitingBytes >= outputBytesMax;
    if (full) this.#wasFull = true;
    return full;
  }

  /** True while the log refuses and the batch is tried again. */
  get isWaitingForLog(): boolean {
    return this.#failures > 0;
  }

  /** @returns a promise for the acknowledgement of all of them; it rejects only for good, or when the batcher closes first */
  submit(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const submission = { left: records.length, resolve, reject };
      for (const record of records) {
        const bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
        this.#waiting.push({ record, bytes, submission });
        this.#waitingBytes += bytes;
      }
      void this.#run();
    });
  }

  /** Rejects what is not acknowledged and sends no more. */
  close(): void {
    this.#closed = true;
    this.#retryTimer?.cancel();
    this.#endRetryWait();
    for (const { submission } of [...this.#sending, ...this.#waiting]) submission.reject(closedError());
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    await Promise.resolve(); // what the same turn submits goes together
    while (this.#waiting.length > 0 && !this.#closed) {
      this.#sending = this.#take();
      await this.#deliver(this.#sending);
      this.#sending = [];
      this.#tellOfRoom();
    }
    this.#busy = false;
  }

  #take(): Waiting[] {
    const { produceRecordsMax, produceBytesMax } = this.#ports.limits;
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if (count >= produceRecordsMax || (count > 0 && bytes + waiting.bytes > produceBytesMax)) break;
      count += 1;
      bytes += waiting.bytes;
    }
    return this.#waiting.splice(0, count);
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#ports.produce(batch.map(({ record }) => record));
        this.#recovered();
        return this.#acknowledge(batch);
      } catch (error) {
        if (fateOf(error) !== 'retry') return this.#refuse(batch, errorOf(error));
        await this.#waitBeforeRetry(error);
      }
    }
  }

  #acknowledge(batch: readonly Waiting[]): void {
    const perTopic = new Map<string, number>();
    for (const { record, bytes, submission } of batch) {
      this.#waitingBytes -= bytes;
      perTopic.set(record.topic, (perTopic.get(record.topic) ?? 0) + 1);
      submission.left -= 1;
      if (submission.left === 0) submission.resolve();
    }
    for (const [topic, count] of perTopic) this.#ports.metrics.produced(topic, count);
  }

  #refuse(batch: readonly Waiting[], error: Error): void {
    for (const { bytes, submission } of batch) {
      this.#waitingBytes -= bytes;
      submission.reject(error);
    }
  }

  async #waitBeforeRetry(error: unknown): Promise<void> {
    this.#failures += 1;
    if (this.#failures === 1) {
      this.#ports.log.warn('waiting for kafka: outputs are not acknowledged', {
        code: codeOf(error, 'PRODUCE_FAILED'),
      });
    }
    const { retryFirstMs, retryMostMs } = this.#ports.limits;
    const waitMs = backOffMs({ firstMs: retryFirstMs, mostMs: retryMostMs }, this.#failures);
    await new Promise<void>((resolve) => {
      this.#endRetryWait = resolve;
      if (this.#closed) return resolve();
      this.#retryTimer = this.#ports.clock.after(waitMs, resolve);
    });
  }

  #recovered(): void {
    if (this.#failures > 0) this.#ports.log.info('kafka takes outputs again', { failures: this.#failures });
    this.#failures = 0;
  }

  #tellOfRoom(): void {
    if (!this.#wasFull || this.isFull) return;
    this.#wasFull = false;
    this.#ports.onRoom();
  }
}

const closedError = (): StreamError =>
  new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the producer was closed before the record was acknowledged');
