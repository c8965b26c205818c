import type { Clock, Timer } from '../clock.ts';

/** A partition as the gate sees it. */
export interface Prioritised {
  readonly priority: number;
  /** How many it does at once: the length of a turn. */
  readonly recordsAtOnceMax: number;
  /** Begins what may begin. */
  pump(): void;
}

/**
 * Which inputs of a process go first: while a partition of a higher priority has records queued or in flight, lower ones begin nothing. Held for
 * `holdMsMax`, a partition has a turn: as many records as it does at once, and then it is held again.
 */
export class PriorityGate {
  readonly #clock: Clock;
  readonly #holdMsMax: number;
  /** Partitions with records queued or in flight, by priority. */
  readonly #busy = new Map<number, Set<Prioritised>>();
  readonly #held = new Map<Prioritised, Timer>();
  readonly #turns = new Map<Prioritised, number>();

  constructor(clock: Clock, holdMsMax: number) {
    this.#clock = clock;
    this.#holdMsMax = holdMsMax;
  }

  /** Call for a partition that has something to begin. */
  mayBegin(lane: Prioritised): boolean {
    if (!this.#isHigherBusy(lane.priority)) {
      this.#release(lane);
      return true;
    }
    if ((this.#turns.get(lane) ?? 0) > 0) return true;
    if (!this.#held.has(lane)) this.#hold(lane);
    return false;
  }

  /** A record was begun. */
  began(lane: Prioritised): void {
    const left = this.#turns.get(lane);
    if (left !== undefined && left <= 1) this.#turns.delete(lane);
    else if (left !== undefined) this.#turns.set(lane, left - 1);
  }

  /** Call whenever it may have changed. Those that were held for the last busy one begin at once. */
  note(lane: Prioritised, isBusy: boolean): void {
    const peers = this.#busy.get(lane.priority) ?? new Set();
    this.#busy.set(lane.priority, peers);
    if (isBusy) peers.add(lane);
    else if (peers.delete(lane) && peers.size === 0) this.#pumpHeld();
  }

  /** The partition takes no more. Others go on in a later turn: mostly it is their end too, and what they began now would be repeated. */
  forget(lane: Prioritised): void {
    this.#release(lane);
    const peers = this.#busy.get(lane.priority);
    if (peers?.delete(lane) === true && peers.size === 0) queueMicrotask(() => this.#pumpHeld());
  }

  #pumpHeld(): void {
    for (const held of [...this.#held.keys()]) held.pump();
  }

  #isHigherBusy(priority: number): boolean {
    for (const [other, lanes] of this.#busy) if (other > priority && lanes.size > 0) return true;
    return false;
  }

  #hold(lane: Prioritised): void {
    const timer = this.#clock.after(this.#holdMsMax, () => {
      this.#held.delete(lane);
      this.#turns.set(lane, lane.recordsAtOnceMax);
      lane.pump();
    });
    this.#held.set(lane, timer);
  }

  #release(lane: Prioritised): void {
    this.#held.get(lane)?.cancel();
    this.#held.delete(lane);
    this.#turns.delete(lane);
  }
}
