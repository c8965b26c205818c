/** What decides /livez and /readyz. A check is a question of no cost: it reads a variable, it never calls a dependency. */
export interface Health {
  /** Alive as long as every check says so; what is not alive is restarted. Never about a dependency. */
  addLive(name: string, check: () => boolean): void;
  /** Ready as long as every check says so. */
  addReady(name: string, check: () => boolean): void;
}

/** Names of the checks that say no. */
export interface HealthVerdict {
  readonly notLive: readonly string[];
  readonly notReady: readonly string[];
}

/** @returns the checks, and what they say now */
export function createHealth(): Health & { readonly verdict: () => HealthVerdict } {
  const live = new Map<string, () => boolean>();
  const ready = new Map<string, () => boolean>();
  const failing = (checks: ReadonlyMap<string, () => boolean>) =>
    [...checks].filter(([, check]) => !check()).map(([name]) => name);
  return {
    addLive: (name, check) => void live.set(name, check),
    addReady: (name, check) => void ready.set(name, check),
    verdict: () => ({ notLive: failing(live), notReady: failing(ready) }),
  };
}
