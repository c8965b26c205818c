import type { Clock } from '../clock.ts';

/** How long records that end at once may keep the process from its sockets and timers, those of all partitions together. */
export const TURN_MS_MAX = 20;

/** A partition, as far as turns concern it. */
interface Pumped {
  /** Begins what may begin. */
  pump(): void;
}

/**
 * Records that end at once are begun one after the other, of all partitions in the same turn of the event loop. Once it has taken its time, whoever would begin
 * more goes on in the next one, in the order in which they were told so; in between sockets and timers have theirs.
 */
export class Turns {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #waiting = new Set<Pumped>();
  #endsAt: number | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** @returns false once this turn is over; then the partition is pumped in the next one */
  mayBegin(lane: Pumped): boolean {
    const now = this.#clock.now();
    this.#endsAt ??= this.#begin(now);
    if (now <= this.#endsAt) return true;
    this.#waiting.add(lane);
    return false;
  }

  #begin(now: number): number {
    setImmediate(() => {
      this.#endsAt = undefined;
      this.#pumpWaiting();
    });
    return now + TURN_MS_MAX;
  }

  /** Whoever does not come to it keeps its place; whoever wants more gets one behind the others. */
  #pumpWaiting(): void {
    for (const lane of [...this.#waiting]) {
      if (this.#endsAt !== undefined && this.#clock.now() > this.#endsAt) return;
      this.#waiting.delete(lane);
      lane.pump();
    }
  }
}
