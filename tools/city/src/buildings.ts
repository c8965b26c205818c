import { boundsOf, tileAt } from '@porchlight/geo';
import type { Draws } from './draws.ts';
import { TOWER_UNITS, type Quarter } from './quarters.ts';
import type { Sale } from './sales.ts';

/** One point with its homes. */
export interface Building {
  readonly latitude: number;
  readonly longitude: number;
  readonly units: number;
  /** The sale that happened at this very point, if it is a real one. */
  readonly sale: Sale | null;
}

/** Shares of points by kind; the rest are single homes. */
const SMALL_SHARE = 0.14;
const LARGE_SHARE = 0.02;
const SMALL_UNITS_MAX = 8;
const LARGE_UNITS_MAX = 120;

/** A quarter, 206 m wide in Seattle, has four streets with lots on both sides. */
const ROWS = 8;
const LOTS_PER_ROW = 18;
/** How far a house stands from the middle of its lot, as a share of the lot. */
const SETBACK = 0.3;

function unitsDrawn(draws: Draws): number {
  const kind = draws.unit();
  if (kind < LARGE_SHARE) return SMALL_UNITS_MAX + 1 + draws.below(LARGE_UNITS_MAX - SMALL_UNITS_MAX);
  return kind < LARGE_SHARE + SMALL_SHARE ? 2 + draws.below(SMALL_UNITS_MAX - 1) : 1;
}

function* realBuildings({ tile }: Quarter, sales: readonly Sale[]): Generator<Building> {
  for (const sale of sales) {
    const { x, y } = tileAt(sale, tile.zoom);
    if (x === tile.x && y === tile.y) yield { latitude: sale.latitude, longitude: sale.longitude, units: 1, sale };
  }
}

/** A lot along a street of the quarter, and how many live there. */
function lotDrawn({ tile }: Quarter, units: number, draws: Draws): Building {
  const { west, east, north, south } = boundsOf(tile);
  const shareOf = (lots: number): number => (draws.below(lots) + 0.5 + SETBACK * (draws.unit() - 0.5)) / lots;
  const latitude = south + (north - south) * shareOf(ROWS);
  return { latitude, longitude: west + (east - west) * shareOf(LOTS_PER_ROW), units, sale: null };
}

/** The tower first, then the homes that were really sold here at their own places, then made-up lots without end. */
function* everyBuilding(
  quarter: Quarter,
  sales: readonly Sale[],
  draws: Draws,
  withTower: boolean,
): Generator<Building> {
  if (withTower) yield lotDrawn(quarter, TOWER_UNITS, draws);
  yield* realBuildings(quarter, sales);
  for (;;) yield lotDrawn(quarter, unitsDrawn(draws), draws);
}

/**
 * The points of a quarter, until its homes are housed.
 *
 * @param withTower the first point has as many units as the largest real one
 */
export function* buildingsOf(
  quarter: Quarter,
  sales: readonly Sale[],
  draws: Draws,
  withTower = false,
): Generator<Building> {
  let left = quarter.homes;
  if (left === 0) return;
  for (const building of everyBuilding(quarter, sales, draws, withTower)) {
    const units = Math.min(left, building.units);
    left -= units;
    yield { ...building, units };
    if (left === 0) return;
  }
}
