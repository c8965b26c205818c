import type { Draws } from './draws.ts';
import type { Building } from './buildings.ts';
import type { Sale } from './sales.ts';

/** An estimate is read off a sale nearby; it is not that sale's price. */
const OWN_SALE_SPREAD = 0.05;
const NEARBY_SPREAD = 0.18;

/** A unit in a building of several is worth this much of a house around it. */
const UNIT_OF_HOUSE = 0.62;

const ROUNDED_TO_USD = 100;
const VALUE_USD_MIN = 50_000;

/**
 * What the simulator's seller says about a home: made up from sale prices nearby (2014-15), with noise. A sale price is
 * not an estimate, and this is neither: it is plausible.
 *
 * @param nearby the sales of the same plan tile; at least one
 * @returns whole US dollars, a multiple of 100
 */
export function valueUsdOf(building: Building, nearby: readonly Sale[], draws: Draws): number {
  const base = building.sale ?? nearby[draws.below(nearby.length)];
  if (base === undefined) throw new RangeError('a settled tile has a sale');
  const spread = building.sale === null ? NEARBY_SPREAD : OWN_SALE_SPREAD;
  const unit = building.units > 1 ? UNIT_OF_HOUSE : 1;
  const valueUsd = base.priceUsd * unit * Math.exp(spread * draws.normal());
  return Math.max(VALUE_USD_MIN, Math.round(valueUsd / ROUNDED_TO_USD) * ROUNDED_TO_USD);
}
