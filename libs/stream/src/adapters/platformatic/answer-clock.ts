import type { Clock, Timer } from '../../clock.ts';

/**
 * The session as this member must see it: counts from the last answer of the coordinator, and says once that it is over. By then the group may have
 * given the partitions away, though nobody could tell us; also after a SIGSTOP, where this timer comes before anything that was sent meanwhile.
 */
export class AnswerClock {
  readonly #clock: Clock;
  readonly #sessionMs: number;
  readonly #onExpired: () => void;
  #timer: Timer | undefined;
  #expired = false;

  constructor(clock: Clock, sessionMs: number, onExpired: () => void) {
    this.#clock = clock;
    this.#sessionMs = sessionMs;
    this.#onExpired = onExpired;
  }

  /** No answer for a whole session, and none since. */
  get isExpired(): boolean {
    return this.#expired;
  }

  /** The coordinator answered: a new session begins. */
  answered(): void {
    this.#expired = false;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#sessionMs, () => {
      this.#expired = true;
      this.#onExpired();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
