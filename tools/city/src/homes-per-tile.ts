import type { Draws } from './draws.ts';
import { salesAround, type SettledTile } from './sales-by-tile.ts';

/**
 * Homes in a settled zoom-16 tile, as shares of the tiles and counts. The middle, the 95th and the last are those of a
 * whole real city, every unit counted (facts: 234, 668, 951); the others between them are ours.
 */
const HOMES_QUANTILES: readonly (readonly [share: number, homes: number])[] = [
  [0, 12],
  [0.05, 40],
  [0.25, 135],
  [0.5, 234],
  [0.75, 375],
  [0.95, 668],
  [1, 951],
];

/** Neighbours pull a tile's rank towards their own: dense tiles lie side by side. */
const NEIGHBOUR_WEIGHT = 0.35;
const RANK_NOISE = 2;

/** The count at a share of the tiles, 0..1, on straight lines between the known ones. */
export function homesAtShare(share: number): number {
  const upper = Math.max(
    1,
    HOMES_QUANTILES.findIndex(([known]) => known >= share),
  );
  const [shareBelow, homesBelow] = HOMES_QUANTILES[upper - 1] ?? [0, 0];
  const [shareAbove, homesAbove] = HOMES_QUANTILES[upper] ?? [1, 0];
  return homesBelow + ((share - shareBelow) / (shareAbove - shareBelow)) * (homesAbove - homesBelow);
}

const SAMPLES = 1_000;

/** The mean that follows from the quantiles: 286. */
export const HOMES_PER_TILE_MEAN =
  Array.from({ length: SAMPLES }, (_, at) => homesAtShare((at + 0.5) / SAMPLES)).reduce((a, b) => a + b) / SAMPLES;

/** Whole numbers in proportion to the wishes, with exactly this sum: what rounding loses goes to the largest remainders. */
export function apportion(wishes: readonly number[], sum: number): number[] {
  const scale = sum / wishes.reduce((a, b) => a + b, 0);
  const given = wishes.map((wish) => Math.floor(wish * scale));
  const order = wishes
    .map((wish, at) => ({ at, remainder: wish * scale - Math.floor(wish * scale) }))
    .sort((a, b) => b.remainder - a.remainder || a.at - b.at);
  const left = sum - given.reduce((a, b) => a + b, 0);
  for (const { at } of order.slice(0, left)) given[at] = (given[at] ?? 0) + 1;
  return given;
}

/**
 * How many homes each tile of the area gets: its rank by sales around it, read off a real city's quantiles.
 *
 * @returns counts in the order of `tiles`; their sum is exactly `homes`
 */
export function homesPerTile(
  settled: ReadonlyMap<string, SettledTile>,
  tiles: readonly SettledTile[],
  { homes, draws }: { homes: number; draws: Draws },
): number[] {
  const ranked = tiles
    .map(({ tile, sales }, at) => ({
      at,
      rank: sales.length + NEIGHBOUR_WEIGHT * salesAround(settled, tile, 1) + RANK_NOISE * draws.normal(),
    }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at);
  const wishes = new Array<number>(tiles.length).fill(0);
  ranked.forEach(({ at }, place) => {
    wishes[at] = homesAtShare(tiles.length === 1 ? 0.5 : place / (tiles.length - 1));
  });
  return apportion(wishes, homes);
}
