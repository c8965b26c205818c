import type { Clock } from '../clock.ts';

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

  async run<T>(call: () => Promise<T> | T): Promise<T> {
    const running = { since: this.#clock.now() };
    this.#running.add(running);
    try {
      return await call();
    } finally {
      this.#running.delete(running);
    }
  }
}
