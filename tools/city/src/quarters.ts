import { tileAt, type Tile } from '@porchlight/geo';
import type { Draws } from './draws.ts';
import { apportion } from './homes-per-tile.ts';
import { PLAN_ZOOM, type SettledTile } from './sales-by-tile.ts';

/** A quarter of a plan tile (zoom 17) and how many homes it gets. */
export interface Quarter {
  readonly tile: Tile;
  readonly homes: number;
}

/** The fullest zoom-17 tile of a real city holds 433 homes, 431 of them at one point (facts). */
export const TOWER_UNITS = 431;
export const QUARTER_HOMES_MAX = 433;

/** A quarter in which nothing was sold is a park, a lake or a yard at most this often: the more was sold beside it, the surer. */
const EMPTY_SHARE_MAX = 0.95;
const SALE_MISSES_QUARTER = 0.7;

/** How unevenly the quarters of one tile are built up. */
const QUARTER_SPREAD = 0.45;

function weightOf(quarter: Tile, { sales }: SettledTile, draws: Draws): number {
  const sold = sales.filter((sale) => {
    const { x, y } = tileAt(sale, quarter.zoom);
    return x === quarter.x && y === quarter.y;
  }).length;
  const emptyShare = EMPTY_SHARE_MAX * (1 - SALE_MISSES_QUARTER ** sales.length);
  const isEmpty = draws.chance(emptyShare) && sold === 0;
  const weight = (1 + sold / (sales.length + 1)) * Math.exp(QUARTER_SPREAD * draws.normal());
  return isEmpty ? 0 : weight;
}

/** Moves what is over the limit to the quarters with room; a tile whose quarters are all full keeps the rest in its first. */
function held(counts: readonly number[], homesMax: number): number[] {
  let over = counts.reduce((sum, count) => sum + Math.max(0, count - homesMax), 0);
  const kept = counts.map((count) => Math.min(count, homesMax));
  for (let at = 0; at < kept.length; at += 1) {
    const taken = Math.min(over, homesMax - (kept[at] ?? 0));
    kept[at] = (kept[at] ?? 0) + taken;
    over -= taken;
  }
  kept[0] = (kept[0] ?? 0) + over;
  return kept;
}

/**
 * Splits a tile's homes over its four quarters.
 *
 * @param withTower the first quarter becomes the fullest that a real city has, and holds its tower
 */
export function quartersOf(settled: SettledTile, homes: number, draws: Draws, withTower = false): Quarter[] {
  const { x, y } = settled.tile;
  const tiles = [0, 1, 2, 3].map((at) => ({ zoom: PLAN_ZOOM + 1, x: 2 * x + (at % 2), y: 2 * y + (at >> 1) }));
  const tower = withTower ? [Math.min(homes, QUARTER_HOMES_MAX)] : [];
  const shared = tiles.slice(tower.length);
  const weights = shared.map((tile) => weightOf(tile, settled, draws));
  if (!weights.some((weight) => weight > 0)) weights[0] = 1;
  const counts = [...tower, ...held(apportion(weights, homes - (tower[0] ?? 0)), QUARTER_HOMES_MAX)];
  return tiles.map((tile, at) => ({ tile, homes: counts[at] ?? 0 }));
}
