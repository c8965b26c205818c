import type { ForecastStrategy } from './forecast-strategy.ts';
import { nextViews } from './next-views.ts';
import { ring } from './ring.ts';
import { thinRing } from './thin-ring.ts';

/** Every strategy by name; a new one is a file and a line here. */
export const strategies = {
  ring,
  'thin-ring': thinRing,
  'next-views': nextViews,
} as const satisfies Record<string, ForecastStrategy>;

export type StrategyName = keyof typeof strategies;

export const strategyNames = Object.keys(strategies) as [StrategyName, ...StrategyName[]];
