/** What happens in a city, each per minute. */
export interface LifeRates {
  /** A home goes on the market. */
  readonly newListings: number;
  /** A listed home is sold: off the market, and valued anew. */
  readonly sales: number;
  /** A listed home's price changes: it is valued anew. */
  readonly priceChanges: number;
  /** A seller restricts a home, or lifts the restriction. */
  readonly overrides: number;
  /** A home moves to another MLS, or leaves its own. */
  readonly mlsMoves: number;
  /** An MLS changes its rule, or goes back to the one it had. */
  readonly ruleChanges: number;
  /** Homes valued anew for no reason of their own. */
  readonly revaluations: number;
}

export type LifeKind = keyof LifeRates;

export const lifeKinds = [
  'newListings',
  'sales',
  'priceChanges',
  'overrides',
  'mlsMoves',
  'ruleChanges',
  'revaluations',
] as const satisfies readonly LifeKind[];

const MINUTES_A_DAY = 24 * 60;

/** King County's homes (one in 29 was sold in the year of the file). */
const REAL_HOMES = 620_000;

/**
 * A real market's rates for so many homes, times `speed`.
 *
 * Sales: a median of 81 a working day in King County (facts/traffic.md); as many new listings, so that the active share
 * stays. Price changes: 0.77 % of listings a day. The other rates are not published; ours are assumptions to be swept: one
 * override or MLS move per thousand homes a day, a rule change an hour in the whole city, a weekly re-valuation of every home.
 */
export function realRates({
  homes,
  activeShare,
  speed,
}: {
  homes: number;
  activeShare: number;
  speed: number;
}): LifeRates {
  const perDay = (events: number): number => (events * speed) / MINUTES_A_DAY;
  const sales = perDay((81 * homes) / REAL_HOMES);
  return {
    newListings: sales,
    sales,
    priceChanges: perDay(0.0077 * activeShare * homes),
    overrides: perDay(homes / 1_000),
    mlsMoves: perDay(homes / 1_000),
    ruleChanges: perDay(24),
    revaluations: perDay(homes / 7),
  };
}
