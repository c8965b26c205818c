import type { Clock, Timer } from '../clock.ts';

/** Lets everything that is ready run: promises, and what they make ready. Not a sleep; no time passes. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns after each timer: enough for the chains of promises of a run loop and a task to come to rest. */
const TURNS_PER_TIMER = 3;

interface Pending {
  readonly dueAt: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that stands still until it is moved. Timers run in the order of their instants, then of their creation. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** @param startAt  UTC milliseconds */
  constructor(startAt = 1_700_000_000_000) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const pending = { dueAt: this.#now + delayMs, order: this.#order++, run };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Instant of the next timer; null when none is set. */
  get nextAt(): number | null {
    return this.#first()?.dueAt ?? null;
  }

  /** Timers that are set. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Moves on by `ms`, running each timer at its own instant and letting what it starts come to rest before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settleTurns();
    for (let next = this.#first(); next !== undefined && next.dueAt <= until; next = this.#first()) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.dueAt);
      next.run();
      await settleTurns();
    }
    this.#now = until;
    await settleTurns();
  }

  #first(): Pending | undefined {
    let first: Pending | undefined;
    for (const each of this.#pending) {
      if (first === undefined || each.dueAt < first.dueAt || (each.dueAt === first.dueAt && each.order < first.order))
        first = each;
    }
    return first;
  }
}

async function settleTurns(): Promise<void> {
  for (let count = 0; count < TURNS_PER_TIMER; count += 1) await turn();
}
