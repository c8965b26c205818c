import { waitUntil } from '@porchlight/stack';

const POLL_MS = 100;

/** A fact that did not come: the run cannot be judged, or the system is stuck. */
export class DidNotCome extends Error {
  constructor(what: string, withinMs: number, last = '') {
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
  let last = '';
  const askOnce = async (): Promise<{ readonly answer: T } | undefined> => {
    signal.throwIfAborted();
    try {
      const answer = await ask();
      return answer === undefined || answer === false ? undefined : { answer };
    } catch (thrown) {
      if (thrown instanceof NeverComes) throw thrown;
      last = thrown instanceof Error ? thrown.message : String(thrown);
      return undefined;
    }
  };
  const found = await waitUntil(askOnce, { withinMs, pollMs: POLL_MS });
  if (found === undefined) throw new DidNotCome(what, withinMs, last);
  return found.answer;
}

/** Waits for a fact by which a scenario is judged. @returns the violations: none, or that it did not come */
export async function missedBy(coming: Promise<unknown>): Promise<string[]> {
  try {
    await coming;
    return [];
  } catch (thrown) {
    if (!(thrown instanceof DidNotCome)) throw thrown;
    return [thrown.message];
  }
}
