import { normalOf } from './latency.ts';
import { drawOf } from './property-draw.ts';

/** Share of homes whose value a yearly re-valuation leaves as it was (facts: 97 % changed). */
const UNCHANGED_SHARE = 0.03;

/**
 * A shifted log-normal change in percent, through the three known points of a yearly re-valuation: p5 -0.3 %, p50 +4.1 %,
 * p95 +12.9 %. From (p95 - p50) = 2 (p50 - p5) follows: spread factor 2 from p50 to p95, scale 8.8, shift -4.7.
 * It then moves 13 % of homes by at most 1 %; 14 % was read off.
 */
const SCALE_PERCENT = 8.8;
const SHIFT_PERCENT = -4.7;
const SIGMA = Math.LN2 / 1.6448536269514722;

const SALT = { unchanged: 11, first: 12, second: 13, width: 14 } as const;

/** The change of a home's value that leads to its version `estimateVersion`, in percent. */
export function changePercentOf(seed: number, propertyId: string, estimateVersion: number): number {
  const key = `${propertyId}@${estimateVersion}`;
  if (drawOf(seed, key, SALT.unchanged) < UNCHANGED_SHARE) return 0;
  const normal = normalOf(drawOf(seed, key, SALT.first), drawOf(seed, key, SALT.second));
  return SHIFT_PERCENT + SCALE_PERCENT * Math.exp(SIGMA * normal);
}

/** The value after a re-valuation, whole US dollars, at least 1. */
export function revaluedUsd(valueUsd: number, changePercent: number): number {
  return Math.max(1, Math.round(valueUsd * (1 + changePercent / 100)));
}

const HALF_WIDTH_MIN = 0.04;
const HALF_WIDTH_MAX = 0.12;

/** The interval around a value: 4 to 12 % to each side, a trait of the home. */
export function intervalOf(seed: number, propertyId: string, valueUsd: number): { lowUsd: number; highUsd: number } {
  const share = HALF_WIDTH_MIN + (HALF_WIDTH_MAX - HALF_WIDTH_MIN) * drawOf(seed, propertyId, SALT.width);
  return { lowUsd: Math.round(valueUsd * (1 - share)), highUsd: Math.round(valueUsd * (1 + share)) };
}
