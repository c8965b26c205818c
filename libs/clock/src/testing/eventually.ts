import { setTimeout as pause } from 'node:timers/promises';

/** Long enough for a machine that eight others use as well. */
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 20;
const SEEN_LENGTH_MAX = 500;

const printed = (seen: unknown): string =>
  (JSON.stringify(seen, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) ?? 'nothing').slice(
    0,
    SEEN_LENGTH_MAX,
  );

/**
 * Reads until what is read is as it should be: a test on real servers never sleeps.
 *
 * @param what names the fact, for whoever reads the failure
 * @returns what was read last
 * @throws {Error} that says what did not come, and what was seen last; whatever `read` throws, at once
 */
export async function eventually<T>(
  read: () => Promise<T> | T,
  holds: (value: T) => boolean,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  // Not the wall clock: a test may set it.
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > giveUpAt)
      throw new Error(`${what}: did not come within ${patienceMs} ms, last seen ${printed(value)}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Asks until it is so. @throws {Error} that names what did not come; whatever `isSo` throws, at once */
export async function untilTrue(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  await eventually(isSo, Boolean, what, patienceMs);
}
