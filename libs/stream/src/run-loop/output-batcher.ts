import type { Clock } from '../clock.ts';
import { StreamError } from '../errors.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { SentSpan } from '../tracing.ts';
import { TopicOutputs, type WaitingOutput } from './topic-outputs.ts';

/** A record on its way to the log. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string>>;
  /** Ends with the record's acknowledgement; absent where its trace is not recorded. */
  readonly span?: SentSpan;
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

/** Who is told of records that were sent together. */
export interface OutputsReceiver {
  /** Asked before each try: what belongs to a lost partition is not sent any more. */
  isWanted(): boolean;
  acknowledged(): void;
  /** For good, because the partition was lost, or because the batcher closed first. */
  refused(error: Error): void;
}

interface Submission {
  left: number;
  readonly to: OutputsReceiver;
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

  /** Sends them and tells once: acknowledged, all of them, or refused. */
  send(records: readonly OutgoingRecord[], to: OutputsReceiver): void {
    if (records.length === 0) return to.acknowledged();
    if (this.#closed) return to.refused(closedError());
    const submission: Submission = { left: records.length, to };
    for (const record of records) this.#push(record, submission);
  }

  /**
   * @param isWanted  asked before each try: what belongs to a lost partition is not sent any more
   * @returns a promise for the acknowledgement of all of them; it rejects for good, when the partition was lost or when the batcher closes first
   */
  submit(records: readonly OutgoingRecord[], isWanted: () => boolean = () => true): Promise<void> {
    return new Promise((resolve, reject) => {
      this.send(records, { isWanted, acknowledged: resolve, refused: reject });
    });
  }

  /** Rejects what is not acknowledged and sends no more. */
  close(): void {
    this.#closed = true;
    for (const topic of this.#topics.values()) for (const output of topic.close()) output.refused(closedError());
  }

  #push(record: OutgoingRecord, submission: Submission): void {
    const output = new SubmittedOutput(record, submission);
    this.#records += 1;
    this.#bytes += output.bytes;
    this.#topicOf(record.topic).push(output);
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

/** One record of a submission; the last one that is acknowledged tells. */
class SubmittedOutput implements WaitingOutput {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  readonly #submission: Submission;

  constructor(record: OutgoingRecord, submission: Submission) {
    this.record = record;
    this.bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    this.#submission = submission;
  }

  isWanted(): boolean {
    return this.#submission.to.isWanted();
  }

  acknowledged(): void {
    this.record.span?.end();
    this.#submission.left -= 1;
    if (this.#submission.left === 0) this.#submission.to.acknowledged();
  }

  /** Told once: what is refused does not reach zero any more. */
  refused(error: Error): void {
    this.record.span?.end(error);
    if (this.#submission.left <= 0) return;
    this.#submission.left = 0;
    this.#submission.to.refused(error);
  }
}

const closedError = (): StreamError =>
  new StreamError('KAFKA_UNAVAILABLE', 'retry', 'the producer was closed before the record was acknowledged');
