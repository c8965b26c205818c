/**
 * The same pure function, which works once for each object that it is asked of. Kept for one round: what it has found goes with it.
 *
 * Buckets that say the same share their mark (`MarkStore.read`): 128 of them are judged by a handful of looks, not by a lump of work that
 * every hit of that moment waits for.
 */
export function onceForEach<K extends object, T>(of: (key: K) => T): (key: K) => T {
  const found = new Map<K, T>();
  return (key) => {
    if (found.has(key)) return found.get(key) as T;
    const value = of(key);
    found.set(key, value);
    return value;
  };
}
