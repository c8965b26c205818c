import type { Clock } from '../../clock.ts';
import type { StreamSettings } from '../kafkajs/kafkajs-settings.ts';

/** What an app knows of its connection to the group: when the coordinator last answered, and whether it is waited for. */
export class SessionHealth {
  readonly #clock: Clock;
  readonly #settings: StreamSettings;
  #lastAnswerAt: number | null = null;
  #waiting = false;

  constructor(clock: Clock, settings: StreamSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** When the last question was asked that was answered, UTC milliseconds; null before the first. */
  get lastAnswerAt(): number | null {
    return this.#lastAnswerAt;
  }

  get isWaiting(): boolean {
    return this.#waiting;
  }

  /** @param askedAt  UTC milliseconds @returns true if it had been waited for */
  answered(askedAt: number): boolean {
    this.#lastAnswerAt = askedAt;
    const wasWaiting = this.#waiting;
    this.#waiting = false;
    return wasWaiting;
  }

  /** @returns true if this is news */
  unanswered(): boolean {
    const wasWaiting = this.#waiting;
    this.#waiting = true;
    return !wasWaiting;
  }

  /** No answer for a whole session: the group has given our partitions away, though nobody could tell us. */
  get isExpelled(): boolean {
    return this.#silentMs >= this.#settings.kafka.sessionMs;
  }

  /** Silent for longer than any healthy silence (a drain before a rejoin, the rejoin itself, a request that times out), and nothing is known to be away. */
  get isStuck(): boolean {
    const { kafka, runLoop } = this.#settings;
    return !this.#waiting && this.#silentMs > runLoop.drainMs + kafka.rebalanceMs + 2 * kafka.requestMs;
  }

  get #silentMs(): number {
    return this.#lastAnswerAt === null ? 0 : this.#clock.now() - this.#lastAnswerAt;
  }
}
