import { errorOf } from '../fate.ts';
import type { LaneInput, LanePorts, Lease } from './lane-ports.ts';
import type { LaneWaits } from './lane-waits.ts';
import type { MaybePromise } from './maybe-promise.ts';

interface PreparationPorts extends Pick<LanePorts, 'onFatal'>, Pick<LaneInput, 'after' | 'hooks'> {
  readonly waits: LaneWaits;
  /** The task's own, once. */
  readonly init: () => MaybePromise<void>;
  /** Under this lease records may begin. */
  readonly begin: (lease: Lease) => void;
}

/** What comes before the first record of each assignment: the state of the partition, and once `init`. */
export class LanePreparation {
  readonly #ports: PreparationPorts;
  /** One assignment after the other. */
  #steps: Promise<void>;
  #prepared: Lease | undefined;
  #initEnded = false;
  #closed = false;

  constructor(ports: PreparationPorts) {
    this.#ports = ports;
    this.#steps = this.#orFail(() => this.#first());
  }

  /** True once the assignment of this lease may begin records. */
  isOver(lease: Lease): boolean {
    return this.#initEnded && this.#prepared === lease;
  }

  /** A new assignment. */
  open(lease: Lease): void {
    const { hooks, begin } = this.#ports;
    if (hooks === undefined) {
      this.#prepared = lease;
      if (this.#initEnded) begin(lease);
      return;
    }
    // After the step before it: a state is never opened twice at once, nor under the feet of `init`.
    this.#steps = this.#steps.then(() => this.#orFail(() => this.#restore(hooks, lease)));
  }

  /** Nothing of it is wanted any more, nor its errors. @returns a promise for the end of what is under way */
  close(): Promise<void> {
    this.#closed = true;
    return this.#steps;
  }

  /** Without state `init` does not wait for an assignment; with it, the first one restores before it. */
  async #first(): Promise<void> {
    const { after, hooks, begin } = this.#ports;
    await after;
    if (hooks !== undefined) return;
    await this.#init();
    if (this.#prepared !== undefined) begin(this.#prepared);
  }

  async #restore(hooks: NonNullable<LaneInput['hooks']>, lease: Lease): Promise<void> {
    const { waits, begin } = this.#ports;
    const isWanted = (): boolean => lease.taking && !this.#closed;
    if (!(await waits.untilDone(() => hooks.open(lease), isWanted, 'STATE_FAILED')) || !isWanted()) return;
    this.#prepared = lease;
    await this.#init();
    begin(lease);
  }

  async #init(): Promise<void> {
    if (this.#initEnded) return;
    const isWanted = (): boolean => !this.#closed;
    this.#initEnded = await this.#ports.waits.untilDone(() => this.#ports.init(), isWanted, 'INIT_FAILED');
  }

  async #orFail(steps: () => Promise<void>): Promise<void> {
    try {
      await steps();
    } catch (error) {
      if (!this.#closed) this.#ports.onFatal(errorOf(error));
    }
  }
}
