import type { City, CityHome, CityRule } from '@porchlight/city';
import { createHomesIndex, type HomesIndex, type IndexedHome } from './homes-index.ts';
import { stricterOf, type ViewerLevel } from './viewer-level.ts';

/** Reads a level; the city's own type also knows `unknown`, which nobody may see. */
const levelIn = (level: string): ViewerLevel =>
  level === 'unregistered' || level === 'registered' || level === 'verified' || level === 'agent' ? level : 'nobody';

function levelOf({ mlsId, status, overrideLevel }: CityHome, rules: ReadonlyMap<string, CityRule>): ViewerLevel {
  const rule = mlsId === null ? undefined : rules.get(mlsId);
  const byRule = status === 'active' ? rule?.activeLevel : rule?.offMarketLevel;
  // no MLS is no rule; an MLS without one is nobody's
  const ruled = rule === undefined ? (mlsId === null ? 'unregistered' : 'nobody') : levelIn(byRule ?? 'nobody');
  return overrideLevel === null ? ruled : stricterOf(ruled, levelIn(overrideLevel));
}

/** The index of a generated city, with the level of each home as rules and overrides give it at the start. */
export function homesOfCity(city: City): HomesIndex {
  const rules = new Map(city.rules.map((rule) => [rule.mlsId, rule]));
  function* homes(): Generator<IndexedHome> {
    for (const home of city) {
      const { propertyId, latitude, longitude, status } = home;
      yield { propertyId, latitude, longitude, isActive: status === 'active', level: levelOf(home, rules) };
    }
  }
  return createHomesIndex(homes());
}
