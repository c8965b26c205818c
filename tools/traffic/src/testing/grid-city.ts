import { createDraws } from '../draws.ts';
import { createHomesIndex, type HomesIndex, type IndexedHome } from '../homes-index.ts';

/** A square of about ten kilometers north of Seattle with homes scattered evenly; every fiftieth is for sale. */
export function scatteredHomes(count: number, seed = 1): IndexedHome[] {
  const draws = createDraws(seed);
  return Array.from({ length: count }, (_, number) => ({
    propertyId: `h-${String(number).padStart(7, '0')}`,
    latitude: 47.63 + 0.09 * draws.uniform(),
    longitude: -122.42 + 0.14 * draws.uniform(),
    isActive: number % 50 === 0,
    level: 'unregistered' as const,
  }));
}

export const scatteredCity = (count: number): HomesIndex => createHomesIndex(scatteredHomes(count));
