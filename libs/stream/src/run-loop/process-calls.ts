import type { Clock } from '../clock.ts';
import { isPending, type MaybePromise } from './maybe-promise.ts';

/** The calls into one task that run now, and since when. */
export class ProcessCalls {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #running = new Set<{ readonly since: number }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  get any(): boolean {
    return this.#running.size > 0;
  }

  /** UTC milliseconds since when the oldest call has been running; null when none does. */
  get oldestSince(): number | null {
    const [oldest] = this.#running;
    return oldest?.since ?? null;
  }

  run<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    const running = { since: this.#clock.now() };
    this.#running.add(running);
    let result: MaybePromise<T>;
    try {
      result = call();
    } catch (error) {
      this.#running.delete(running);
      throw error;
    }
    if (isPending(result)) return Promise.resolve(result).finally(() => this.#running.delete(running));
    this.#running.delete(running);
    return result;
  }
}
