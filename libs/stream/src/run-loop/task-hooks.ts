import type { TaskContext } from '../port.ts';
import type { MaybePromise } from './maybe-promise.ts';
import type { Lease } from './lane-ports.ts';

/**
 * What a task's state hangs into its lane: the only places where the run loop waits for it or asks it. The lane calls them; what it calls
 * them for is the lease in force at that moment.
 *
 * The order of calls, for one assignment: `open`, (`init` of the task, once), then records, each in `attempt`; at each commit `beforeCommit`, then
 * `committed`. `close` is the last call, after the task's own `close`.
 */
export interface TaskHooks {
  /** What the task is made with. */
  readonly context: TaskContext;
  /**
   * At each assignment, also of a partition that stays, before any record of it is begun. Fate `retry` is waited for and tried again;
   * anything else stops the process.
   */
  open(lease: Lease): Promise<void>;
  /** True while so much waits for a commit that no record may begin. */
  readonly isFull: boolean;
  /** True for a record whose effects and outputs are in already: it is passed over, and its offset counts as done. */
  isDone(offset: bigint): boolean;
  /**
   * Runs one attempt of `process` or `window`. What it wrote counts once this has resolved under a valid lease, and never otherwise.
   *
   * @param key  the record's, null if it has none; undefined for a window
   */
  attempt<T>(run: () => MaybePromise<T>, lease: Lease, key?: string | null): MaybePromise<T>;
  /**
   * Makes durable what `next` stands for (null: no record yet, but a window may have written); the offset is committed after it has resolved. Called while nothing is begun or unacknowledged, and
   * records go on as soon as it returns its promise: what it takes, it takes before its first await.
   *
   * Fate `retry`: this round commits nothing of the lane. Anything else stops the process.
   */
  beforeCommit(next: bigint | null, lease: Lease): Promise<void>;
  /** The group's offset is written. */
  committed(next: bigint): void;
  close(): Promise<void>;
}
