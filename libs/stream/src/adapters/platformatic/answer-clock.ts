import type { Clock, Timer } from '../../clock.ts';

/**
 * The session as this member must see it. It counts from when the question was asked: the coordinator heard it then or later, while an answer may have
 * lain in a buffer for as long as this process was stopped (SIGSTOP). When it is over, the group may have given the partitions away, though nobody
 * could tell us.
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

  /** The last session is over, and no new one has begun. */
  get isExpired(): boolean {
    return this.#expired;
  }

  /** @param askedAt  when the question was asked that the coordinator has answered, UTC milliseconds */
  answered(askedAt: number): void {
    this.#timer?.cancel();
    const leftMs = askedAt + this.#sessionMs - this.#clock.now();
    if (leftMs <= 0) return this.#expire();
    this.#expired = false;
    this.#timer = this.#clock.after(leftMs, () => this.#expire());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #expire(): void {
    if (this.#expired) return;
    this.#expired = true;
    this.#onExpired();
  }
}
