import type { Clock } from '../clock.ts';
import { StreamError } from '../errors.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import { TopicOutputs, type WaitingOutput } from './topic-outputs.ts';

/** A record on its way to the log. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string>>;
}

/**
 * Writes records of one topic in the order given, per partition; resolves when all are acknowledged. Fate `retry` for a log that is down.
 * A call for one topic must not wait for that of another: a topic that cannot be written holds up nobody else.
 */
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

/** What a record costs beside its bytes: framing, key and header names, and the objects that hold it here. */
const RECORD_OVERHEAD_BYTES = 100;

/**
 * The outputs of all partitions of the process, bounded together and sent topic by topic: a topic that cannot be written (a missing dead-letter
 * topic, a partition without a leader) holds up those who write to it, and nobody else.
 */
export class OutputBatcher {
  readonly #ports: BatcherPorts;
  readonly #topics = new Map<string, TopicOutputs>();
  #records = 0;
  #bytes = 0;
  #closed = false;
  #wasFull = false;

  constructor(ports: BatcherPorts) {
    this.#ports = ports;
  }

  /** At the bound: begin nothing that could add outputs. */
  get isFull(): boolean {
    const { outputRecordsMax, outputBytesMax } = this.#ports.limits;
    const full = this.#records >= outputRecordsMax || this.#bytes >= outputBytesMax;
    if (full) this.#wasFull = true;
    return full;
  }

  /** True while the log refuses a topic's batch and it is tried again. */
  get isWaitingForLog(): boolean {
    return [...this.#topics.values()].some(({ isWaitingForLog }) => isWaitingForLog);
  }

  /**
   * @param isWanted  asked before each try: what belongs to a lost partition is not sent any more
   * @returns a promise for the acknowledgement of all of them; it rejects for good, when the partition was lost or when the batcher closes first
   */
  submit(records: readonly OutgoingRecord[], isWanted: () => boolean = () => true): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const submission = { left: records.length, resolve, reject };
      for (const record of records) this.#push(record, { submission, isWanted });
    });
  }

  /** Rejects what is not acknowledged and sends no more. */
  close(): void {
    this.#closed = true;
    for (const topic of this.#topics.values()) for (const output of topic.close()) output.refused(closedError());
  }

  #push(record: OutgoingRecord, { submission, isWanted }: { submission: Submission; isWanted: () => boolean }): void {
    const bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    this.#records += 1;
    this.#bytes += bytes;
    this.#topicOf(record.topic).push({
      record,
      bytes,
      isWanted,
      acknowledged() {
        submission.left -= 1;
        if (submission.left === 0) submission.resolve();
      },
      refused: (error) => submission.reject(error),
    });
  }

  #topicOf(topic: string): TopicOutputs {
    const known = this.#topics.get(topic);
    if (known !== undefined) return known;
    const { produce, clock, log, limits } = this.#ports;
    const onSettled = (batch: readonly WaitingOutput[], acknowledged: boolean): void =>
      this.#settled(topic, batch, acknowledged);
    const created = new TopicOutputs({ topic, produce, clock, log, limits, onSettled });
    this.#topics.set(topic, created);
    return created;
  }

  #settled(topic: string, batch: readonly WaitingOutput[], acknowledged: boolean): void {
    this.#records -= batch.length;
    for (const { bytes } of batch) this.#bytes -= bytes;
    if (acknowledged) this.#ports.metrics.produced(topic, batch.length);
    if (!this.#wasFull || this.isFull) return;
    this.#wasFull = false;
    this.#ports.onRoom();
  }
}

const closedError = (): StreamError =>
  new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the producer was closed before the record was acknowledged');
