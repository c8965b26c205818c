import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** What became of a span that ended. */
export type SpanEnd = 'exported' | 'failed' | 'full' | 'stopped';

export interface SpanQueueLimits {
  /** Spans that wait to be sent; what ends beyond is dropped and counted as `full`. */
  readonly spansMax: number;
  /** Spans in one request. */
  readonly batchSpansMax: number;
  /** The first span of a batch waits so long for others. */
  readonly lingerMs: number;
  /** A request that is not answered by then has failed: its spans are dropped. Nothing is tried again. */
  readonly exportMs: number;
  /** A stop sends what waits, and lets the exporter close, for so long together; then what is left is dropped. */
  readonly flushMs: number;
}

export const spanQueueDefaults: SpanQueueLimits = {
  spansMax: 2_048,
  batchSpansMax: 512,
  lingerMs: 1_000,
  exportMs: 5_000,
  flushMs: 2_000,
};

/** Runs at most so long. @returns false if the work took longer; the timer keeps no process alive */
function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), limitMs).unref();
  void work.finally(() => clearTimeout(timer)).then(() => resolve(true));
  return promise;
}

/**
 * Spans that have ended, on their way out: bounded, one request at a time, and nobody waits for it. The processor of the SDK sends all that waits at
 * once when it stops, and says of what it dropped only a log line; here each span is counted by how it ended.
 */
export class SpanQueue implements SpanProcessor {
  readonly #exporter: SpanExporter;
  readonly #limits: SpanQueueLimits;
  readonly #count: (end: SpanEnd, spans: number) => void;
  #waiting: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #inFlight = 0;
  #isClosed = false;
  #isGivenUp = false;

  constructor(exporter: SpanExporter, limits: SpanQueueLimits, count: (end: SpanEnd, spans: number) => void) {
    this.#exporter = exporter;
    this.#limits = limits;
    this.#count = count;
  }

  get size(): number {
    return this.#waiting.length;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#isClosed) return this.#count('stopped', 1);
    if (this.#waiting.length >= this.#limits.spansMax) return this.#count('full', 1);
    this.#waiting.push(span);
    if (this.#sending !== undefined) return;
    if (this.#waiting.length >= this.#limits.batchSpansMax) this.#sendSoon();
    else this.#timer ??= setTimeout(() => this.#sendSoon(), this.#limits.lingerMs).unref();
  }

  async forceFlush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending !== undefined) {
      this.#sendSoon();
      await this.#sending;
    }
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
    const givenUpAt = performance.now() + this.#limits.flushMs;
    await within(this.forceFlush(), this.#limits.flushMs);
    clearTimeout(this.#timer);
    this.#isGivenUp = true;
    this.#count('stopped', this.#waiting.splice(0).length + this.#inFlight);
    // The exporter lets go of its connections; one that cannot is left to the end of the process.
    const closed = Promise.resolve(this.#exporter.shutdown()).catch(() => undefined);
    const leftMs = givenUpAt - performance.now();
    if (leftMs > 0) await within(closed, leftMs);
  }

  #sendSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0 && !this.#isClosed) this.#sendSoon();
    });
  }

  async #send(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#limits.batchSpansMax);
    if (batch.length === 0) return;
    this.#inFlight = batch.length;
    let isTaken = false;
    const answered = new Promise<void>((resolve) => {
      try {
        this.#exporter.export(batch, ({ code }) => {
          isTaken = code === ExportResultCode.SUCCESS;
          resolve();
        });
      } catch {
        resolve();
      }
    });
    const inTime = await within(answered, this.#limits.exportMs);
    this.#inFlight = 0;
    if (!this.#isGivenUp) this.#count(inTime && isTaken ? 'exported' : 'failed', batch.length);
  }
}
