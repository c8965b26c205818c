import { errorOf } from '../fate.ts';
import type { PartitionState, RawRecord, StreamTask, TopicPartition } from '../port.ts';
import { IdleListeners } from './idle-listeners.ts';
import type { Admitted } from './key-chains.ts';
import { LaneCommit } from './lane-commit.ts';
import { LaneIntake } from './lane-intake.ts';
import type { LaneInput, LanePorts, Lease } from './lane-ports.ts';
import { LanePreparation } from './lane-preparation.ts';
import { LaneWaits } from './lane-waits.ts';
import type { Prioritised } from './priority-gate.ts';
import { isPending, type MaybePromise } from './maybe-promise.ts';
import { ProcessCalls } from './process-calls.ts';
import { runWindow } from './run-window.ts';
import { sendOutputs, settleRecord, type RecordHost, type Settled } from './settle-record.ts';
import { noStores } from './no-stores.ts';
import type { TaskHooks } from './task-hooks.ts';
import { WindowTimer } from './task-window.ts';
import { tracedRecord } from './traced-record.ts';
import { WaitingRecords } from './waiting-records.ts';

/** A record that was begun, and under what. */
interface Begun {
  readonly admitted: Admitted;
  readonly lease: Lease;
  readonly records: WaitingRecords;
}

const noLease = (): Lease => ({ taking: false, valid: false });

/**
 * One partition: its task, its queue, its watermark. It outlives a rebalance that leaves the partition here; each assignment gives it a new
 * lease and a new queue, because the log delivers again from the committed offset.
 */
export class Lane implements RecordHost, Prioritised {
  readonly ports: LanePorts;
  readonly input: LaneInput;
  readonly task: StreamTask<unknown>;
  /** Undefined for a task without state. */
  readonly hooks: TaskHooks | undefined;
  readonly priority: number;
  readonly recordsAtOnceMax: number;
  readonly #window: WindowTimer | undefined;
  readonly #commit: LaneCommit;
  readonly #waits: LaneWaits;
  readonly #calls: ProcessCalls;
  readonly #intake: LaneIntake;
  readonly #preparation: LanePreparation;
  readonly #idleListeners = new IdleListeners();
  readonly #restListeners = new IdleListeners();
  #records: WaitingRecords;
  #lease = noLease();
  /** Records begun and not ended, in any lease; those of an older one hold the new one back. */
  #occupied = 0;
  #leftover = 0;
  /** Where this assignment begins; null until that is known. */
  #startOffset: bigint | null = null;
  /** The log holds nothing for us between what was delivered and this. */
  #passedOffset = 0n;
  #unacknowledged = 0;
  #pumpsSoon = false;

  constructor(ports: LanePorts, input: LaneInput) {
    this.ports = ports;
    this.input = input;
    this.hooks = input.hooks;
    this.task = input.definition.createTask(input.at, input.hooks?.context ?? noStores);
    const { order } = input.definition;
    this.recordsAtOnceMax = order === 'partition' ? 1 : order.concurrentRecordsMax;
    this.priority = input.definition.priority ?? 0;
    this.#records = this.#noRecords();
    const { clock, log, settings } = ports;
    this.#calls = new ProcessCalls(clock);
    this.#waits = new LaneWaits({ clock, log, settings, at: input.at, onChange: () => this.pump() });
    this.#commit = this.#createCommit();
    this.#window = this.#createWindow();
    this.#intake = new LaneIntake(ports, input.at, this.#records);
    this.#preparation = this.#createPreparation();
  }

  get at(): TopicPartition {
    return this.input.at;
  }

  /** False once the partition was lost, until it is assigned again. */
  get isOurs(): boolean {
    return this.#lease.valid;
  }

  /** True while records are taken: not in a drain. */
  get isTaking(): boolean {
    return this.#lease.taking;
  }

  /** True for a task whose records are processed one after the other: the fetcher waits a little for it. */
  get isInline(): boolean {
    return this.input.definition.order === 'partition';
  }

  // ---- assignment ----

  /** A new assignment begins: the log will deliver from the committed offset. */
  open(): void {
    this.#waits.endAll();
    Object.assign(this.#lease, noLease()); // whoever did not say that it was lost: two leases of one partition are never valid at once
    this.#leftover = this.#occupied;
    this.#unacknowledged = 0;
    const lease: Lease = { taking: true, valid: true };
    this.#lease = lease;
    this.#startOffset = null;
    this.#beginAt(null);
    this.#preparation.open(lease);
  }

  /** Where this assignment begins. */
  noteStart(offset: bigint): void {
    this.#startOffset = offset;
  }

  /** What is delivered from now on begins here again. What was begun ends, and moves no watermark; nothing begins beside it. */
  rewind(offset: bigint): void {
    this.#records.clear();
    this.#leftover = this.#occupied;
    this.#beginAt(offset);
    this.pump();
  }

  #beginAt(offset: bigint | null): void {
    this.#passedOffset = 0n;
    this.#records = this.#noRecords(offset);
    this.#intake.open(this.#records);
  }

  /** The offset that this assignment begins at was set by an operator: no state of ours may take what follows for done. */
  noteSetByHand(): void {
    this.#lease.isSetByHand = true;
  }

  #noRecords(from: bigint | null = null): WaitingRecords {
    const { clock, settings } = this.ports;
    return new WaitingRecords(this.input.definition, {
      from,
      spanRecordsMax: settings.spanRecordsMax,
      now: () => clock.now(),
    });
  }

  /** Takes no more; what is running may still finish and count. */
  suspend(): void {
    this.#lease.taking = false;
    this.#records.clear();
    this.#window?.stop();
    this.#waits.endAll();
    this.ports.priorities?.forget(this);
    this.#tellIfIdle();
  }

  /** The partition is no longer ours: nothing that ends from now on counts. */
  fence(): void {
    this.suspend();
    this.#lease.valid = false;
    this.#restListeners.tell();
  }

  /** The end of this lane. `task.close` runs once everything of it has ended. */
  async close(): Promise<void> {
    const prepared = this.#preparation.close();
    this.fence();
    this.#intake.resume();
    await prepared;
    await this.whenIdle();
    await this.task.close?.();
    await this.hooks?.close();
  }

  /** Resolves once no record is begun, unacknowledged, and no window runs; at once if so already. */
  whenIdle(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : this.#idleListeners.next();
  }

  /** @returns false if it was not idle for `limitMs` */
  idleWithin(limitMs: number): Promise<boolean> {
    return this.#isIdle() ? Promise.resolve(true) : this.#idleListeners.nextWithin(this.ports.clock, limitMs);
  }

  // ---- before the first record ----

  #createPreparation(): LanePreparation {
    const { after, hooks } = this.input;
    return new LanePreparation({
      ...{ after, hooks, waits: this.#waits },
      init: () => this.counted(() => this.task.init?.()),
      begin: (lease) => this.#begin(lease),
      onFatal: (error) => this.ports.onFatal(error),
    });
  }

  #begin(lease: Lease): void {
    if (lease === this.#lease && lease.taking) this.#window?.start();
    this.pump();
  }

  get #ready(): boolean {
    return this.#preparation.isOver(this.#lease);
  }

  // ---- records in ----

  /** Queues what was fetched, as far as there is room. @returns the offset of the last record taken; null if none was */
  deliver(records: readonly RawRecord[], endOffset: bigint): bigint | null {
    if (!this.#lease.taking) return null;
    const last = this.#intake.take(records, endOffset);
    this.pump();
    return last;
  }

  noteEnd(endOffset: bigint): void {
    this.#intake.noteEnd(endOffset);
  }

  /** All below is delivered: what lies between the last record and this (markers, holes of compaction) is nothing to wait for. */
  notePassed(nextOffset: bigint): void {
    this.#passedOffset = nextOffset;
  }

  /** Below it all is done and acknowledged; null until the start of this assignment is known. */
  get appliedOffset(): bigint | null {
    const { watermark, length } = this.#records;
    const next = watermark.next ?? this.#startOffset;
    if (next === null || watermark.span > 0 || length > 0) return next;
    return this.#passedOffset > next ? this.#passedOffset : next;
  }

  /** Begins what may begin. Called whenever something has changed that could allow it. */
  pump(): void {
    const { priorities, turns } = this.ports;
    while (this.#mayBegin() && turns.mayBegin(this) && priorities?.mayBegin(this) !== false) {
      const admitted = this.#records.next();
      if (admitted === undefined) break;
      priorities?.began(this);
      this.#run(admitted, this.#lease);
    }
    priorities?.note(this, this.#isBusy());
    this.#window?.tryRun();
    if (this.#lease.taking) this.#intake.update(this.#waits.any);
    this.#tellIfIdle();
    if (this.#restListeners.size > 0) this.#restListeners.tell();
  }

  #mayBegin(): boolean {
    const { settings, outputs } = this.ports;
    return (
      this.#ready &&
      this.#lease.taking &&
      this.#leftover === 0 &&
      this.#occupied < this.recordsAtOnceMax &&
      !this.#waits.any &&
      !this.#commit.holdsBack &&
      this.hooks?.isFull !== true &&
      this.#window?.holdsBack !== true &&
      this.#unacknowledged < settings.unacknowledgedRecordsMax &&
      this.#records.length > 0 &&
      !outputs.isFull
    );
  }

  /** Has work that goes before that of a lower priority; not while it can only wait. */
  #isBusy(): boolean {
    return this.#ready && this.#lease.taking && !this.#waits.any && this.#occupied + this.#records.length > 0;
  }

  // ---- one record ----

  /** Most records end within this call; the loop that began them goes on by itself. */
  #run(admitted: Admitted, lease: Lease): void {
    const begun = { admitted, lease, records: this.#records };
    this.#occupied += 1;
    this.ports.metrics.inFlight(this.at, this.#occupied);
    const settled = tracedRecord(this.ports.tracing, admitted.raw, () => settleRecord(this, admitted.raw, lease));
    if (!isPending(settled)) {
      this.#afterSettled(settled, begun);
      return this.#end(begun);
    }
    void Promise.resolve(settled)
      .then(
        (later) => this.#afterSettled(later, begun),
        (error: unknown) => this.#fail(error, lease),
      )
      .then(() => {
        this.#end(begun);
        this.pump();
      });
  }

  #end({ admitted, records }: Begun): void {
    records.ended(admitted.raw);
    this.#occupied -= 1;
    if (this.#leftover > 0) this.#leftover -= 1;
    this.ports.metrics.inFlight(this.at, this.#occupied);
  }

  #afterSettled(settled: Settled, { admitted, lease, records }: Begun): void {
    if (settled.end === 'abandoned' || !lease.valid) return;
    if (settled.outputs === undefined) return records.watermark.finish(admitted.begun);
    this.#unacknowledged += 1;
    const over = (): void => {
      if (lease === this.#lease) this.#unacknowledged -= 1;
      this.#pumpSoon();
    };
    const end = {
      ended: (isDone: boolean): void => {
        if (isDone && lease.valid) records.watermark.finish(admitted.begun);
        over();
      },
      failed: (error: unknown): void => {
        this.#fail(error, lease);
        over();
      },
    };
    sendOutputs(this, { raw: admitted.raw, lease, outputs: settled.outputs }, end);
  }

  /** Once for all that a produce request has acknowledged. */
  #pumpSoon(): void {
    if (this.#pumpsSoon) return;
    this.#pumpsSoon = true;
    queueMicrotask(() => {
      this.#pumpsSoon = false;
      this.pump();
    });
  }

  /** An error that ends under a lost lease (the closing producer's, mostly) concerns nobody: the record comes again. */
  #fail(thrown: unknown, lease: Lease): void {
    if (!lease.valid) return;
    this.fence();
    this.ports.onFatal(errorOf(thrown));
  }

  /** A call into the task that a window need not wait for, and that counts for liveness all the same. */
  counted<T>(run: () => MaybePromise<T>): MaybePromise<T> {
    return this.#calls.run(run);
  }

  exclusively<T>(run: () => MaybePromise<T>): MaybePromise<T> {
    const window = this.#window?.running;
    return window === undefined ? this.#call(run) : window.then(() => this.exclusively(run));
  }

  #call<T>(run: () => MaybePromise<T>): MaybePromise<T> {
    let result: MaybePromise<T>;
    try {
      result = this.#calls.run(run);
    } catch (error) {
      this.#window?.tryRun();
      throw error;
    }
    if (isPending(result)) return Promise.resolve(result).finally(() => this.#window?.tryRun());
    this.#window?.tryRun();
    return result;
  }

  attempt<T>(run: () => MaybePromise<T>, lease: Lease, key: string | null): MaybePromise<T> {
    const { hooks } = this;
    return this.exclusively(hooks === undefined ? run : () => hooks.attempt(run, lease, key));
  }

  async backOff(attempt: number, code: string, lease: Lease): Promise<boolean> {
    return lease.taking && this.#waits.backOff(attempt, code);
  }

  recovered(): void {
    this.#waits.recovered();
  }

  isSuperseded(raw: RawRecord): boolean {
    return this.#records.isSuperseded(raw);
  }

  // ---- window ----

  #createWindow(): WindowTimer | undefined {
    const window = this.task.window;
    if (window === undefined) return undefined;
    return new WindowTimer({
      clock: this.ports.clock,
      everyMs: window.everyMs,
      canRun: () => !this.#calls.any && !this.#commit.isUnderWay && this.#lease.taking,
      run: () => this.#runWindow(this.#lease),
      onEnd: () => this.pump(),
    });
  }

  async #runWindow(lease: Lease): Promise<void> {
    try {
      await runWindow(this, lease);
    } catch (error) {
      this.#fail(error, lease);
    }
  }

  // ---- commit and state ----

  #createCommit(): LaneCommit {
    return new LaneCommit({
      at: this.at,
      log: this.ports.log,
      hooks: this.hooks,
      lease: () => this.#lease,
      next: () => this.#records.watermark.next,
      most: () => this.input.definition.commitAtMost?.(this.at) ?? null,
      isWindowRunning: () => this.#window?.running !== undefined,
      rest: () => this.#rest(),
      goOn: () => this.pump(),
      fail: (error, lease) => this.#fail(error, lease),
    });
  }

  /** What the run loop asks around each commit. */
  get commit(): Pick<LaneCommit, 'needsPreparation' | 'prepare' | 'begin' | 'end'> {
    return this.#commit;
  }

  async #rest(): Promise<boolean> {
    const lease = this.#lease;
    while (!this.#isIdle()) {
      if (this.#waits.any || !lease.valid || lease !== this.#lease) return false;
      await this.#restListeners.next();
    }
    return true;
  }

  /** UTC milliseconds since when the oldest call into the task that still runs has been running; null when none does. */
  get processingSince(): number | null {
    return this.#calls.oldestSince;
  }

  state(): PartitionState {
    const next = this.#records.watermark.next;
    const oldest = this.#records.oldestSince;
    return {
      ...this.at,
      nextOffset: next,
      lag: this.#intake.lagOf(next),
      lagAgeMs: oldest === null ? 0 : Math.max(0, this.ports.clock.now() - oldest),
      inFlight: this.#occupied,
      queued: this.#records.length,
      paused: this.#intake.isPaused,
      waitingFor: this.#waits.waitingFor,
    };
  }

  #isIdle(): boolean {
    return this.#occupied === 0 && this.#unacknowledged === 0 && this.#window?.running === undefined;
  }

  #tellIfIdle(): void {
    if (this.#idleListeners.size > 0 && this.#isIdle()) this.#idleListeners.tell();
  }
}
