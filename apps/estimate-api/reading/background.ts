/**
 * Work that nobody waits for: bounded in homes, and never twice at once for one home.
 *
 * @param run gets the homes that were taken; its failure is told to `onUnplanned`
 */
export function createBackground<T extends { readonly propertyId: string }>(
  run: (homes: readonly T[]) => Promise<void>,
  { homesMax, onUnplanned }: { homesMax: number; onUnplanned: (error: unknown) => void },
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
      runAll(taken).catch(onUnplanned);
    },
  };
}
