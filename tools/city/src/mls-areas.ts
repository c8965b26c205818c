import type { Level } from '@porchlight/contracts';

/** What one MLS lets be seen, for homes on the market and off it. */
export interface CityRule {
  readonly mlsId: string;
  readonly activeLevel: Level;
  readonly offMarketLevel: Level;
}

const open = { activeLevel: 'unregistered', offMarketLevel: 'unregistered' } as const;

/**
 * The mix of rules, dealt out to the ZIP codes from the one with the most homes down; after the last it starts again.
 * Eight of twelve are open to everybody, so that the product is useful; the others are the cases that matter, early
 * enough that a city of a dozen ZIP codes has each of them.
 */
const RULES_DEALT: readonly Omit<CityRule, 'mlsId'>[] = [
  open,
  open,
  { activeLevel: 'unregistered', offMarketLevel: 'registered' },
  open,
  { activeLevel: 'registered', offMarketLevel: 'unregistered' },
  open,
  open,
  { activeLevel: 'nobody', offMarketLevel: 'verified' },
  open,
  { activeLevel: 'agent', offMarketLevel: 'agent' },
  open,
  open,
];

/** The MLS of a ZIP code: one each, as areas go in this city. */
export const mlsIdOf = (zipcode: string): string => `mls-${zipcode}`;

/**
 * One rule for each ZIP code.
 *
 * @param homesByZipcode how many homes lie in each
 */
export function rulesOf(homesByZipcode: ReadonlyMap<string, number>): CityRule[] {
  const zipcodes = [...homesByZipcode].sort(([a, homesA], [b, homesB]) => homesB - homesA || (a < b ? -1 : 1));
  return zipcodes.map(([zipcode], at) => ({
    mlsId: mlsIdOf(zipcode),
    ...(RULES_DEALT[at % RULES_DEALT.length] ?? open),
  }));
}
