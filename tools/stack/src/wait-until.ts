import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Asks again and again until the answer is yes.
 *
 * @returns the first value that is neither false nor undefined; undefined when `withinMs` have passed
 * @throws  whatever `ask` throws: it decides what is worth waiting for
 */
export async function waitUntil<T>(
  ask: () => T | Promise<T>,
  { withinMs, pollMs = POLL_MS }: { withinMs: number; pollMs?: number },
): Promise<Exclude<T, false | undefined> | undefined> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    if (performance.now() >= giveUpAt) return undefined;
    await delay(pollMs);
  }
}
