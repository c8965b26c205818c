import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 15_000;
const POLL_MS = 100;

/**
 * Waits for a fact: asks again until the assertion inside holds.
 *
 * @param check  throws while the fact is not there yet
 * @returns what `check` returned
 * @throws the last error of `check` when the fact has not come within the limit
 */
export async function eventually<T>(check: () => Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
    }
    await delay(POLL_MS);
  }
}
