import { backOffMs } from '../back-off.ts';
import { codeOf, errorOf, fateOf } from '../fate.ts';
import type { PartitionState, RawRecord, StreamTask, TopicPartition } from '../port.ts';
import { IdleListeners } from './idle-listeners.ts';
import type { LaneInput, LanePorts, Lease } from './lane-ports.ts';
import { LaneQueue } from './lane-queue.ts';
import { RecordCollector } from './record-collector.ts';
import { settleRecord, type RecordHost, type Settled } from './settle-record.ts';
import { WindowTimer } from './task-window.ts';
import { Watermark, type Begun } from './watermark.ts';

/** A queue pauses at its bound and never holds more than twice that; a fetch that goes further is cut, and fetched again. */
const HELD_MOST = 2;

const noLease = (): Lease => ({ taking: false, valid: false });

/**
 * One partition: its task, its queue, its watermark. It outlives a rebalance that leaves the partition here; each assignment gives it a new
 * lease and a new queue, because the log delivers again from the committed offset.
 */
export class Lane implements RecordHost {
  readonly ports: LanePorts;
  readonly input: LaneInput;
  readonly task: StreamTask<unknown>;
  readonly #concurrency: number;
  readonly #window: WindowTimer | undefined;
  readonly #initEnded: Promise<void>;
  #queue = new LaneQueue();
  #watermark = new Watermark();
  #lease = noLease();
  #ready = false;
  #closed = false;
  #committing = false;
  /** Records begun and not ended, in any lease; those of an older one hold the new one back. */
  #occupied = 0;
  #leftover = 0;
  #unacknowledged = 0;
  /** The starts of the process calls that run, oldest first. */
  readonly #running = new Set<{ readonly since: number }>();
  readonly #waits = new Map<symbol, (goOn: boolean) => void>();
  #waitingFor: string | null = null;
  #paused = false;
  #endOffset: bigint | null = null;
  readonly #idleListeners = new IdleListeners();

  constructor(ports: LanePorts, input: LaneInput) {
    this.ports = ports;
    this.input = input;
    this.task = input.definition.createTask(input.at);
    const { order } = input.definition;
    this.#concurrency = order === 'partition' ? 1 : order.concurrentRecordsMax;
    this.#window = this.#createWindow();
    this.#initEnded = this.#init();
  }

  get at(): TopicPartition {
    return this.input.at;
  }

  /** False once the partition was lost, until it is assigned again. */
  get isOurs(): boolean {
    return this.#lease.valid;
  }

  /** True for a task whose records are processed one after the other: the fetcher waits a little for it. */
  get isInline(): boolean {
    return this.input.definition.order === 'partition';
  }

  // ---- assignment ----

  /** A new assignment begins: the log will deliver from the committed offset. */
  open(): void {
    this.#endWaits(false);
    this.#leftover = this.#occupied;
    this.#unacknowledged = 0;
    this.#lease = { taking: true, valid: true };
    this.#queue = new LaneQueue();
    this.#watermark = new Watermark();
    this.#setPaused(false);
    if (this.#ready) this.#window?.start();
  }

  /** Takes no more; what is running may still finish and count. */
  suspend(): void {
    this.#lease.taking = false;
    this.#queue.clear();
    this.#window?.stop();
    this.#endWaits(false);
    this.#tellIfIdle();
  }

  /** The partition is no longer ours: nothing that ends from now on counts. */
  fence(): void {
    this.suspend();
    this.#lease.valid = false;
  }

  /** The end of this lane. `task.close` runs once everything of it has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.fence();
    this.#setPaused(false);
    await this.#initEnded;
    await this.whenIdle();
    await this.task.close?.();
  }

  /** Resolves once no record is begun, unacknowledged, and no window runs; at once if so already. */
  whenIdle(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : this.#idleListeners.next();
  }

  /** @returns false if it was not idle for `limitMs` */
  idleWithin(limitMs: number): Promise<boolean> {
    return this.#isIdle() ? Promise.resolve(true) : this.#idleListeners.nextWithin(this.ports.clock, limitMs);
  }

  // ---- records in ----

  /** Queues what was fetched, as far as there is room. @returns the offset of the last record taken; null if none was */
  deliver(records: readonly RawRecord[], endOffset: bigint): bigint | null {
    if (!this.#lease.taking) return null;
    this.#endOffset = endOffset;
    const { queueRecordsMax, queueBytesMax } = this.ports.settings;
    const { added, last } = this.#queue.push(records, {
      records: queueRecordsMax * HELD_MOST,
      bytes: queueBytesMax * HELD_MOST,
    });
    if (added > 0) this.ports.metrics.consumed(this.at, added);
    this.pump();
    return last;
  }

  /** Begins what may begin. Called whenever something has changed that could allow it. */
  pump(): void {
    while (this.#mayBegin()) {
      const raw = this.#queue.shift();
      if (raw === undefined) break;
      void this.#run(raw, this.#lease, this.#watermark.begin(raw.offset, raw.timestamp));
    }
    this.#window?.tryRun();
    this.#setPaused(this.#shouldPause());
    this.#tellIfIdle();
  }

  #mayBegin(): boolean {
    const { settings, outputs } = this.ports;
    return (
      this.#ready &&
      this.#lease.taking &&
      this.#leftover === 0 &&
      this.#occupied < this.#concurrency &&
      this.#waits.size === 0 &&
      this.#window?.holdsBack !== true &&
      this.#unacknowledged < settings.unacknowledgedRecordsMax &&
      this.#watermark.span < settings.spanRecordsMax &&
      this.#queue.length > 0 &&
      !outputs.isFull
    );
  }

  #shouldPause(): boolean {
    if (!this.#lease.taking) return this.#paused;
    if (this.#waits.size > 0) return true;
    const { queueRecordsMax, queueBytesMax } = this.ports.settings;
    const share = this.#paused ? 0.5 : 1; // resumes at half, so that it does not flutter at the bound
    return this.#queue.length >= queueRecordsMax * share || this.#queue.bytes >= queueBytesMax * share;
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.ports.pause(this.at);
    else this.ports.resume(this.at);
  }

  // ---- one record ----

  async #run(raw: RawRecord, lease: Lease, begun: Begun): Promise<void> {
    this.#occupied += 1;
    this.ports.metrics.inFlight(this.at, this.#occupied);
    try {
      const settled = await settleRecord(this, raw, lease);
      this.#afterSettled(settled, lease, begun);
    } catch (error) {
      this.#fail(error, lease);
    } finally {
      this.#occupied -= 1;
      if (this.#leftover > 0) this.#leftover -= 1;
      this.ports.metrics.inFlight(this.at, this.#occupied);
      this.pump();
    }
  }

  #afterSettled(settled: Settled, lease: Lease, begun: Begun): void {
    if (settled.end === 'abandoned' || !lease.valid) return;
    if (settled.acknowledged === undefined) return this.#watermark.finish(begun);
    this.#unacknowledged += 1;
    const watermark = this.#watermark;
    settled.acknowledged
      .then(() => {
        if (lease.valid) watermark.finish(begun);
      })
      .catch((error: unknown) => this.#fail(error, lease))
      .finally(() => {
        if (lease === this.#lease) this.#unacknowledged -= 1;
        this.pump();
      });
  }

  /** An error that ends under a lost lease (the closing producer's, mostly) concerns nobody: the record comes again. */
  #fail(thrown: unknown, lease: Lease): void {
    if (!lease.valid) return;
    this.fence();
    this.ports.onFatal(errorOf(thrown));
  }

  async exclusively<T>(run: () => Promise<T> | T): Promise<T> {
    while (this.#window?.running !== undefined) await this.#window.running;
    const call = { since: this.ports.clock.now() };
    this.#running.add(call);
    try {
      return await run();
    } finally {
      this.#running.delete(call);
      this.#window?.tryRun();
    }
  }

  // ---- waiting for a dependency ----

  async backOff(attempt: number, code: string, lease: Lease): Promise<boolean> {
    return lease.taking && this.#wait(attempt, code);
  }

  /** @returns false if the wait was ended because the partition is taken away */
  async #wait(attempt: number, code: string): Promise<boolean> {
    this.#sayWaiting(code);
    const id = Symbol('wait');
    const goOn = await new Promise<boolean>((end) => {
      const timer = this.ports.clock.after(this.#retryAfterMs(attempt), () => end(true));
      this.#waits.set(id, (value) => (timer.cancel(), end(value)));
      this.pump();
    });
    this.#waits.delete(id);
    return goOn;
  }

  #retryAfterMs(attempt: number): number {
    const { retryFirstMs, retryMostMs } = this.ports.settings;
    return backOffMs({ firstMs: retryFirstMs, mostMs: retryMostMs }, attempt);
  }

  recovered(): void {
    if (this.#waitingFor === null) return;
    this.ports.log.info('no longer waiting', { ...this.at, waitedFor: this.#waitingFor });
    this.#waitingFor = null;
    this.pump();
  }

  #sayWaiting(code: string): void {
    if (this.#waitingFor === code) return;
    this.#waitingFor = code;
    this.ports.log.warn('waiting for a dependency', { ...this.at, waitingFor: code });
  }

  #endWaits(goOn: boolean): void {
    for (const end of this.#waits.values()) end(goOn);
    this.#waits.clear();
    this.#waitingFor = null;
  }

  // ---- init and window ----

  async #init(): Promise<void> {
    await this.input.after;
    try {
      for (let attempt = 1; !this.#closed; attempt += 1) {
        if (await this.#tryInit(attempt)) break;
      }
    } catch (error) {
      if (!this.#closed) this.ports.onFatal(errorOf(error));
      return;
    }
    this.#ready = true;
    if (this.#lease.taking) this.#window?.start();
    this.pump();
  }

  async #tryInit(attempt: number): Promise<boolean> {
    try {
      await this.task.init?.();
      if (attempt > 1) this.recovered();
      return true;
    } catch (error) {
      if (fateOf(error) !== 'retry') throw error;
      await this.#wait(attempt, codeOf(error, 'INIT_FAILED'));
      return false;
    }
  }

  #createWindow(): WindowTimer | undefined {
    const window = this.task.window;
    if (window === undefined) return undefined;
    return new WindowTimer({
      clock: this.ports.clock,
      everyMs: window.everyMs,
      canRun: () => this.#running.size === 0 && !this.#committing && this.#lease.taking,
      run: () => this.#runWindow(this.#lease),
      onEnd: () => this.pump(),
    });
  }

  async #runWindow(lease: Lease): Promise<void> {
    const collector = new RecordCollector(this.ports.serde, {}, this.ports.settings.outputRecordBytesMax);
    try {
      await this.task.window?.run(collector);
      collector.close();
      for (const reason of collector.drops) this.ports.metrics.dropped(this.at, reason);
      // Part of the window: a commit that ran past unacknowledged window outputs could lose what they stand for.
      await this.ports.outputs.submit(collector.outputs);
    } catch (error) {
      collector.close();
      if (fateOf(error) !== 'retry') return this.#fail(error, lease);
      this.ports.log.warn('a window failed and runs again', { ...this.at, code: codeOf(error, 'UNKNOWN') });
    }
  }

  // ---- commit and state ----

  /** @returns the offset to commit, or null if there is none or a window is running; `endCommit` must follow an offset */
  beginCommit(): bigint | null {
    if (!this.#lease.valid || this.#window?.running !== undefined) return null;
    this.#committing = this.#watermark.next !== null;
    return this.#watermark.next;
  }

  endCommit(): void {
    this.#committing = false;
    this.#window?.tryRun();
  }

  /** UTC milliseconds since when the oldest process call that still runs has been running; null when none does. */
  get processingSince(): number | null {
    const [oldest] = this.#running;
    return oldest?.since ?? null;
  }

  state(): PartitionState {
    const next = this.#watermark.next;
    const oldest = this.#oldestTimestamp();
    return {
      ...this.at,
      nextOffset: next,
      lag: next === null || this.#endOffset === null ? 0 : Math.max(0, Number(this.#endOffset - next)),
      lagAgeMs: oldest === null ? 0 : Math.max(0, this.ports.clock.now() - oldest),
      inFlight: this.#occupied,
      queued: this.#queue.length,
      paused: this.#paused,
      waitingFor: this.#waitingFor,
    };
  }

  #oldestTimestamp(): number | null {
    return this.#watermark.oldestTimestamp ?? this.#queue.first?.timestamp ?? null;
  }

  #isIdle(): boolean {
    return this.#occupied === 0 && this.#unacknowledged === 0 && this.#window?.running === undefined;
  }

  #tellIfIdle(): void {
    if (this.#idleListeners.size > 0 && this.#isIdle()) this.#idleListeners.tell();
  }
}
