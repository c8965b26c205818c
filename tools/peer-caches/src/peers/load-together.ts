import type { CachedHome } from './peer-cache.ts';

interface Waiter<H> {
  readonly resolve: (home: H) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Homes that are asked for one by one in one turn of the event loop are loaded together, each once: what a team puts between a cache
 * that knows single keys and a source that is paid by the call.
 *
 * @throws what `loadMany` throws, or an error for a home that it does not bring
 */
export function loadTogether<H extends CachedHome>(
  loadMany: (propertyIds: readonly string[]) => Promise<readonly H[]>,
): (propertyId: string) => Promise<H> {
  let waiting = new Map<string, Waiter<H>[]>();
  const flush = async (): Promise<void> => {
    const asked = waiting;
    waiting = new Map();
    try {
      const homes = new Map((await loadMany([...asked.keys()])).map((home) => [home.propertyId, home]));
      for (const [propertyId, waiters] of asked) {
        const home = homes.get(propertyId);
        for (const { resolve, reject } of waiters) {
          if (home === undefined) reject(new Error(`no home ${propertyId}`));
          else resolve(home);
        }
      }
    } catch (thrown) {
      for (const { reject } of [...asked.values()].flat()) reject(thrown);
    }
  };
  return (propertyId) =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0) setImmediate(() => void flush());
      const waiters = waiting.get(propertyId);
      if (waiters === undefined) waiting.set(propertyId, [{ resolve, reject }]);
      else waiters.push({ resolve, reject });
    });
}
