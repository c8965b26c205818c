import { codeOf, fateOf } from '../fate.ts';
import type { StreamLogger } from '../log.ts';
import type { TopicPartition } from '../port.ts';
import type { Lease } from './lane-ports.ts';
import type { TaskHooks } from './task-hooks.ts';

interface LaneCommitPorts {
  readonly at: TopicPartition;
  readonly log: StreamLogger;
  /** Undefined for a task without state: its watermark may be committed at any time. */
  readonly hooks: TaskHooks | undefined;
  lease(): Lease;
  /** The watermark. */
  next(): bigint | null;
  /** Nothing beyond it may be committed; null: no limit. Not for a task with state. */
  most(): bigint | null;
  isWindowRunning(): boolean;
  /** @returns true once nothing is begun or unacknowledged; false if that will not be soon: a record waits, or the lease is another */
  rest(): Promise<boolean>;
  /** Records and windows that were held back may begin. */
  goOn(): void;
  fail(error: unknown, lease: Lease): void;
}

/**
 * The commit of one partition: which offset may be written, and what must end before it.
 *
 * Without state that is the watermark, at any moment. With state the lane comes to rest first, so that the state stands for exactly one
 * offset; what it stands for is made durable while records go on; and that offset is the one to commit.
 */
export class LaneCommit {
  readonly #ports: LaneCommitPorts;
  #preparing: Promise<void> | undefined;
  #committing = false;
  #resting = false;
  /** What the state stands for, durably, and under which lease; null: nothing is to be committed. */
  #durable: { readonly next: bigint; readonly lease: Lease } | null = null;

  constructor(ports: LaneCommitPorts) {
    this.#ports = ports;
  }

  /** A window must not begin. */
  get isUnderWay(): boolean {
    return this.#committing || this.#preparing !== undefined;
  }

  /** No record may begin: the lane comes to rest. */
  get holdsBack(): boolean {
    return this.#resting;
  }

  /** True if `prepare` comes before `begin`. */
  get needsPreparation(): boolean {
    return this.#ports.hooks !== undefined;
  }

  /** Makes the state durable that a later `begin` commits: this round's, or the next one's if it takes long. Single-flight; never rejects. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#prepare().finally(() => {
      this.#preparing = undefined;
      this.#goOn();
    });
    return this.#preparing;
  }

  async #prepare(): Promise<void> {
    const { hooks, at, log } = this.#ports;
    const lease = this.#ports.lease();
    if (hooks === undefined || !lease.valid) return;
    this.#resting = true;
    try {
      const rests = await this.#ports.rest();
      const next = this.#ports.next();
      if (!rests || !lease.valid) return;
      const durable = hooks.beforeCommit(next, lease); // takes what it writes before its first await
      this.#goOn();
      await durable;
      if (next !== null) this.#durable = { next, lease };
    } catch (error) {
      if (fateOf(error) !== 'retry') return this.#ports.fail(error, lease);
      log.warn('state is not durable; nothing is committed', { ...at, code: codeOf(error, 'UNKNOWN') });
    }
  }

  /** @returns the offset to commit, or null if there is none or a window is running; synchronous up to the client's commit */
  begin(): bigint | null {
    const lease = this.#ports.lease();
    if (!lease.valid || this.#ports.isWindowRunning()) return null;
    const offset = this.needsPreparation ? this.#durableUnder(lease) : this.#atMost(this.#ports.next());
    this.#committing = offset !== null;
    return offset;
  }

  /** The commit is over. @param written  the offset, if it was written */
  end(written: bigint | null): void {
    this.#committing = false;
    if (written !== null) this.#ports.hooks?.committed(written);
    this.#ports.goOn();
  }

  #atMost(next: bigint | null): bigint | null {
    const most = next === null ? null : this.#ports.most();
    return next !== null && most !== null && most < next ? most : next;
  }

  #durableUnder(lease: Lease): bigint | null {
    return this.#durable?.lease === lease ? this.#durable.next : null;
  }

  #goOn(): void {
    this.#resting = false;
    this.#ports.goOn();
  }
}
