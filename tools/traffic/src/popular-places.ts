import type { Point } from '@porchlight/geo';
import { createDraws, seedOf, type Draws } from './draws.ts';
import type { HomesIndex } from './homes-index.ts';

/** Start places: settled tiles of this zoom, some 250 homes each in a dense city. */
export const PLACE_ZOOM = 16;

/** Keeps the ranking apart from what the sessions draw: it belongs to the city, not to the traffic. */
const RANKING_STREAM = 1_000_003;

/**
 * Where sessions begin: tiles with homes, the k-th most popular as often as k ** -exponent, at one of their homes.
 *
 * Which tile is the most popular is drawn with the seed and has nothing to do with how many homes it has: popularity
 * follows taste, not density.
 *
 * @returns draws one place
 */
export function createPopularPlaces(
  homes: HomesIndex,
  { seed, exponent }: { seed: number; exponent: number },
): (draws: Draws) => Point {
  const tiles = shuffled(homes.settledTiles(PLACE_ZOOM), createDraws(seedOf(seed, RANKING_STREAM)));
  if (tiles.length === 0) throw new RangeError('a city without homes has no places');
  const upTo = new Float64Array(tiles.length);
  let sum = 0;
  for (let rank = 1; rank <= tiles.length; rank += 1) upTo[rank - 1] = sum += rank ** -exponent;
  return (draws) => {
    const tile = tiles[firstAbove(upTo, draws.uniform() * sum)] ?? new Int32Array(1);
    return homes.placeOf(tile[draws.below(tile.length)] ?? 0);
  };
}

function shuffled<T>(list: readonly T[], draws: Draws): T[] {
  const result = [...list];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = draws.below(last + 1);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** Index of the first sum above a value; binary search. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
