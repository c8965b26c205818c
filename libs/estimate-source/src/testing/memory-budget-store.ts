import type { BudgetStore, Pause } from '../budget-store.ts';
import { drawTokens, returnTokens, type Tokens } from '../token-bucket.ts';

export interface MemoryBudgetStore extends BudgetStore {
  /** While it is set every method fails with it; `'hang'`: nothing is answered. */
  fault: Error | 'hang' | null;
  /** How often it was asked. */
  readonly asked: () => number;
}

/** The budget of a fleet in one process, which may be several in a test. */
export function memoryBudgetStore(clock: { now(): number }): MemoryBudgetStore {
  let tokens: Tokens | null = null;
  const pausedUntil = { user: 0, background: 0 };
  let asked = 0;
  const begin = async (): Promise<void> => {
    asked += 1;
    if (store.fault === 'hang') await new Promise(() => undefined);
    else if (store.fault !== null) throw store.fault;
  };
  const store: MemoryBudgetStore = {
    fault: null,
    asked: () => asked,
    async draw(draw) {
      await begin();
      const leftMs = pausedUntil[draw.lane] - clock.now();
      if (leftMs > 0) return { outcome: 'paused', leftMs };
      const drawn = drawTokens(tokens, draw, clock.now());
      ({ tokens } = drawn);
      return { outcome: drawn.outcome };
    },
    async giveBack(back) {
      await begin();
      tokens = returnTokens(tokens, back, clock.now());
    },
    async pause({ userMs, backgroundMs }: Pause) {
      await begin();
      pausedUntil.user = Math.max(pausedUntil.user, clock.now() + userMs);
      pausedUntil.background = Math.max(pausedUntil.background, clock.now() + backgroundMs);
    },
  };
  return store;
}
