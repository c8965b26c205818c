import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/** A fact that did not come: the run cannot be judged, or the system is stuck. */
export class DidNotCome extends Error {
  constructor(what: string, withinMs: number, last: string) {
    super(`${what}: did not come within ${withinMs / 1_000} s${last === '' ? '' : ` (${last})`}`);
    this.name = 'DidNotCome';
  }
}

/** Thrown by a question whose answer cannot become yes any more: nobody waits on. */
export class NeverComes extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NeverComes';
  }
}

/**
 * Waits for a fact with a bounded poll. What `ask` throws counts as not yet: brokers are away in the middle of it.
 *
 * @throws {DidNotCome} with the last error; {NeverComes} as soon as `ask` says so
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  let last = '';
  for (;;) {
    signal.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (thrown) {
      if (thrown instanceof NeverComes) throw thrown;
      last = thrown instanceof Error ? thrown.message : String(thrown);
    }
    if (performance.now() > giveUpAt) throw new DidNotCome(what, withinMs, last);
    await delay(POLL_MS, undefined, { signal });
  }
}
