import { setTimeout as delay } from 'node:timers/promises';

/**
 * Begins each act when it is meant to begin, whatever became of those before (open loop).
 *
 * @param act  never rejects
 * @returns when all have ended
 */
export async function atTheirInstants<T extends { readonly atMs: number }>(
  planned: readonly T[],
  act: (item: T, meantAt: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  const begun: Promise<void>[] = [];
  for (const item of planned) {
    const meantAt = startedAt + item.atMs;
    const leftMs = meantAt - performance.now();
    if (leftMs > 0) await delay(leftMs);
    begun.push(act(item, meantAt));
  }
  await Promise.all(begun);
}
