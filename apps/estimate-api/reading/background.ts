import type { Ongoing } from './ongoing.ts';

/**
 * Work that nobody waits for: bounded in homes, and never twice at once for one home.
 *
 * @param run gets the homes that were taken; what it does is told to `track`, so that a stop can wait for it
 */
export function createBackground<T extends { readonly propertyId: string }>(
  run: (homes: readonly T[]) => Promise<void>,
  { homesMax, track }: { homesMax: number; track: Ongoing['track'] },
): { take(homes: readonly T[]): void } {
  const busy = new Set<string>();
  const runAll = async (taken: readonly T[]): Promise<void> => {
    try {
      await run(taken);
    } finally {
      for (const { propertyId } of taken) busy.delete(propertyId);
    }
  };
  return {
    take(homes) {
      const taken = homes.filter(({ propertyId }) => !busy.has(propertyId)).slice(0, Math.max(0, homesMax - busy.size));
      if (taken.length === 0) return;
      for (const { propertyId } of taken) busy.add(propertyId);
      track(runAll(taken));
    },
  };
}
