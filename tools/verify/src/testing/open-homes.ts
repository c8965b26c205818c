import type { City } from '@porchlight/city';

/** The homes of this listing status that everybody may see and that have an estimate, in the city's order. */
export function openHomes(city: City, status: 'active' | 'off_market'): string[] {
  const level = status === 'active' ? 'activeLevel' : 'offMarketLevel';
  const open = new Set(
    city.rules.filter((rule) => rule[level] === 'unregistered').map(({ mlsId }): string | null => mlsId),
  );
  return [...city]
    .filter(
      (home) => home.status === status && home.overrideLevel === null && home.valueUsd !== null && open.has(home.mlsId),
    )
    .map(({ propertyId }) => propertyId);
}
