import { waitUntil } from '@porchlight/stack';

/** Waits for a fact. @throws if it does not come true in time */
export async function until(what: string, withinMs: number, isSo: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  const isTrue = await waitUntil(isSo, { withinMs, pollMs: 20 });
  if (isTrue === undefined) throw new Error(`after ${withinMs / 1000} s it was still not so: ${what}`);
  return Math.round(performance.now() - startedAt);
}
