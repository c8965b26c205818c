import { settledWithin, type Clock, type Timer } from '../clock.ts';
import { codeOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { StreamMetrics } from '../metrics.ts';
import { nameOf } from '../partition-name.ts';
import type { RunLoopSettings } from '../settings.ts';
import type { Lane } from './lane.ts';
import type { LogClient, PartitionOffset } from './log-client.ts';

export interface GroupCommitPorts {
  readonly clock: Clock;
  readonly log: StreamLogger;
  readonly metrics: StreamMetrics;
  readonly settings: RunLoopSettings;
  readonly client: Pick<LogClient, 'commit'>;
  /** Of the assignment in force. */
  lanes(): readonly Lane[];
  /** False from the loop's stop on: what is committed then is asked for. */
  isTaking(): boolean;
  /** Before each commit of the interval. */
  onInterval(): void;
}

/** The commits of one process: of all its partitions at once, every `commitEveryMs` and when somebody asks for one. */
export class GroupCommit {
  readonly #ports: GroupCommitPorts;
  #committed = new Map<string, bigint>();
  #timer: Timer | undefined;
  #running: Promise<boolean> | undefined;
  #wantsNext = false;

  constructor(ports: GroupCommitPorts) {
    this.#ports = ports;
  }

  /** A new assignment: what is committed there is not known, an operator may have set it back. */
  forget(): void {
    this.#committed = new Map();
  }

  /** Begins the interval, anew if it has begun. */
  schedule(): void {
    this.cancel();
    const { clock, settings } = this.#ports;
    this.#timer = clock.after(settings.commitEveryMs, () => {
      this.#ports.onInterval();
      void this.commit().finally(() => this.#ports.isTaking() && this.schedule());
    });
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  /** Commits every watermark that has moved; single-flight. False if the log did not take it. */
  commit(): Promise<boolean> {
    this.#running ??= this.#commitOnce().finally(() => {
      this.#running = undefined;
      if (this.#wantsNext && this.#ports.isTaking()) void this.commit();
      this.#wantsNext = false;
    });
    return this.#running;
  }

  /** A task's state is at its bound. A commit that is under way may have taken its part already: then one more follows. */
  commitAfterThis(): void {
    if (this.#running === undefined) void this.commit();
    else this.#wantsNext = true;
  }

  /** The last one of an assignment. */
  async commitLast(): Promise<void> {
    await this.#running;
    const isWritten = await this.commit();
    // Once more where it was refused; and where there is state, to note that what it stands for is committed.
    if (!isWritten || this.#ports.lanes().some((lane) => lane.commit.needsPreparation)) await this.commit();
  }

  /** Those with state come to rest first; nobody else waits for them. */
  async #commitOnce(): Promise<boolean> {
    const lanes = this.#ports.lanes();
    const [withState, others] = [true, false].map((state) =>
      lanes.filter((lane) => lane.commit.needsPreparation === state),
    );
    const written = await Promise.all([this.#commitLanes(others ?? []), this.#commitPrepared(withState ?? [])]);
    return !written.includes(false);
  }

  async #commitPrepared(lanes: readonly Lane[]): Promise<boolean> {
    if (lanes.length === 0) return true;
    const prepared = Promise.all(lanes.map((lane) => lane.commit.prepare()));
    await settledWithin(this.#ports.clock, this.#ports.settings.prepareCommitMs, prepared);
    return this.#commitLanes(lanes);
  }

  async #commitLanes(lanes: readonly Lane[]): Promise<boolean> {
    const begun = lanes.flatMap((lane) => {
      const nextOffset = lane.commit.begin();
      return nextOffset === null ? [] : [{ lane, nextOffset }];
    });
    const offsets = begun
      .map(({ lane, nextOffset }) => ({ ...lane.at, nextOffset }))
      .filter((at) => this.#committed.get(nameOf(at)) !== at.nextOffset);
    let isWritten = false;
    try {
      // From the lease check in `begin` to the client's capture of its membership nothing is awaited: that is the fence.
      if (offsets.length > 0) await this.#ports.client.commit(offsets);
      this.#noteCommitted(offsets);
      isWritten = true;
    } catch (error) {
      this.#ports.log.warn('a commit was not taken', { code: codeOf(error, 'COMMIT_FAILED') });
    } finally {
      for (const { lane, nextOffset } of begun) lane.commit.end(isWritten ? nextOffset : null);
    }
    return isWritten;
  }

  #noteCommitted(offsets: readonly PartitionOffset[]): void {
    for (const { topic, partition, nextOffset } of offsets) {
      this.#committed.set(nameOf({ topic, partition }), nextOffset);
      this.#ports.metrics.committed({ topic, partition }, nextOffset);
    }
  }
}
