import type { Level } from '@porchlight/contracts';
import type { Draws } from './draws.ts';

/** Shares of the homes. 2 % on the market is the standard workload's; the others are ours. */
export const CITY_SHARES = { active: 0.02, override: 0.005, withoutMls: 0.04, withoutEstimate: 0.03 } as const;

/** A seller's override, as shares of all overrides: sellers who bother mostly want nobody to see. */
const OVERRIDES: readonly (readonly [upTo: number, level: Level])[] = [
  [0.3, 'registered'],
  [0.45, 'verified'],
  [0.55, 'agent'],
  [1, 'nobody'],
];

/** The level of an override, drawn by the shares above. */
export function overrideLevelDrawn(draws: Draws): Level {
  const drawn = draws.unit();
  return OVERRIDES.find(([upTo]) => drawn < upTo)?.[1] ?? 'nobody';
}
