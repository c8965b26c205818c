import { backOffMs } from '../back-off.ts';
import type { Clock, Timer } from '../clock.ts';
import { StreamError } from '../errors.ts';
import { codeOf, errorOf, fateOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { BatcherLimits, OutgoingRecord, Produce } from './output-batcher.ts';

/** A record that waits to be acknowledged, and whom to tell. */
export interface WaitingOutput {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  /** False once the partition that it was made for is lost: somebody else makes it again. */
  isWanted(): boolean;
  acknowledged(): void;
  refused(error: Error): void;
}

interface TopicOutputsPorts {
  readonly topic: string;
  readonly produce: Produce;
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly limits: BatcherLimits;
  /** So many are settled, acknowledged or refused for good: there may be room. */
  readonly onSettled: (batch: readonly WaitingOutput[], acknowledged: boolean) => void;
}

/**
 * The outputs to one topic: one produce request in flight; what arrives meanwhile goes with the next one. That batches by itself (kafkajs has no
 * linger), adds no wait when idle, and keeps the order, retries included.
 */
export class TopicOutputs {
  readonly #ports: TopicOutputsPorts;
  #waiting: WaitingOutput[] = [];
  #sending: readonly WaitingOutput[] = [];
  #busy = false;
  #closed = false;
  #failures = 0;
  #retryTimer: Timer | undefined;
  #endRetryWait: () => void = () => undefined;

  constructor(ports: TopicOutputsPorts) {
    this.#ports = ports;
  }

  /** True while the log refuses and the batch is tried again. */
  get isWaitingForLog(): boolean {
    return this.#failures > 0;
  }

  push(output: WaitingOutput): void {
    this.#waiting.push(output);
    if (!this.#busy) void this.#run();
  }

  /** Sends no more. @returns what is not acknowledged */
  close(): readonly WaitingOutput[] {
    this.#closed = true;
    this.#retryTimer?.cancel();
    this.#endRetryWait();
    return [...this.#sending, ...this.#waiting.splice(0)];
  }

  async #run(): Promise<void> {
    this.#busy = true;
    await Promise.resolve(); // what the same turn submits goes together
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#take();
      this.#sending = batch;
      await this.#deliver(batch);
      this.#sending = [];
    }
    this.#busy = false;
  }

  #take(): WaitingOutput[] {
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

  /** Until it is acknowledged or refused for good; or neither, when it was closed. */
  async #deliver(all: readonly WaitingOutput[]): Promise<void> {
    let batch = all;
    while (!this.#closed) {
      // Asked before each try: what has waited here may have outlasted the lease under which it was made.
      batch = this.#withoutLost(batch);
      if (batch.length === 0) {
        this.#failures = 0;
        return;
      }
      try {
        await this.#ports.produce(batch.map(({ record }) => record));
        return this.#acknowledge(batch);
      } catch (error) {
        if (fateOf(error) !== 'retry') return this.#refuse(batch, errorOf(error));
        await this.#waitBeforeRetry(error);
      }
    }
  }

  #withoutLost(batch: readonly WaitingOutput[]): readonly WaitingOutput[] {
    if (batch.every((output) => output.isWanted())) return batch;
    const { true: wanted = [], false: lost = [] } = Object.groupBy(batch, (output) => `${output.isWanted()}`);
    const error = new StreamError('PARTITION_LOST', 'retry', 'the partition was lost before its output was sent');
    for (const output of lost) output.refused(error);
    this.#ports.onSettled(lost, false);
    return wanted;
  }

  #acknowledge(batch: readonly WaitingOutput[]): void {
    this.#recovered();
    for (const output of batch) output.acknowledged();
    this.#ports.onSettled(batch, true);
  }

  /** One record makes the log refuse the whole request: each goes alone, in order, so that the others' records do not pay for it. */
  async #refuse(batch: readonly WaitingOutput[], error: Error): Promise<void> {
    if (batch.length > 1) {
      for (const output of batch) await this.#deliver([output]);
      return;
    }
    for (const output of batch) output.refused(error);
    this.#ports.onSettled(batch, false);
  }

  async #waitBeforeRetry(error: unknown): Promise<void> {
    const { clock, limits, log, topic } = this.#ports;
    this.#failures += 1;
    if (this.#failures === 1) {
      log.warn('waiting for kafka: outputs are not acknowledged', { topic, code: codeOf(error, 'PRODUCE_FAILED') });
    }
    const waitMs = backOffMs({ firstMs: limits.retryFirstMs, mostMs: limits.retryMostMs }, this.#failures);
    await new Promise<void>((resolve) => {
      this.#endRetryWait = resolve;
      if (this.#closed) return resolve();
      this.#retryTimer = clock.after(waitMs, resolve);
    });
  }

  #recovered(): void {
    const { log, topic } = this.#ports;
    if (this.#failures > 0) log.info('kafka takes outputs again', { topic, failures: this.#failures });
    this.#failures = 0;
  }
}
