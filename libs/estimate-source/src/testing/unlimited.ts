import type { BudgetStore } from '../budget-store.ts';
import type { DisciplineOptions, SourceMeter } from '../disciplined-source.ts';

/** A meter that tells nobody. */
export const silentSourceMeter: SourceMeter = {
  called: () => undefined,
  refused: () => undefined,
  failed: () => undefined,
  drew: () => undefined,
  breakerChanged: () => undefined,
};

const generous: BudgetStore = {
  draw: async () => ({ outcome: 'ok' }),
  giveBack: async () => undefined,
  pause: async () => undefined,
};

/** A discipline that holds nothing back but what a test asks for: no budget, a breaker that needs a thousand calls. */
export const unlimited = (
  clock: DisciplineOptions['clock'],
  changes: Partial<DisciplineOptions> = {},
): DisciplineOptions => ({
  budget: { store: generous, requestsPerS: 0, itemsPerS: 0, burstS: 1, reserveShare: 0.5, localShare: 0.1 },
  breaker: { failureShare: 0.5, windowMs: 10_000, callsMin: 1_000, openMs: 1_000 },
  retryShare: 0,
  clock,
  meter: silentSourceMeter,
  log: { info: () => undefined, warn: () => undefined },
  ...changes,
});
