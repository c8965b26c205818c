import { buildingsOf, type Building } from './buildings.ts';
import { chooseArea } from './city-area.ts';
import { ACTIVE_FLAG, City, LEVELS_STORED, WITHOUT_MLS_FLAG, type HomeColumns } from './city.ts';
import { createDraws, type Draws } from './draws.ts';
import { CITY_SHARES, overrideLevelDrawn } from './home-facts.ts';
import { valueUsdOf } from './home-values.ts';
import { homesPerTile } from './homes-per-tile.ts';
import { rulesOf } from './mls-areas.ts';
import { quartersOf } from './quarters.ts';
import type { SettledTile } from './sales-by-tile.ts';
import { settledTilesOf } from './sales-by-tile.ts';
import { readKingCountySales, type Sale } from './sales.ts';

/** One tile with this many homes or more gets the city's tower. */
const TOWER_TILE_HOMES_MIN = 600;

export const CITY_HOMES_MAX = 5_000_000;

interface Purposes {
  readonly density: Draws;
  readonly places: Draws;
  readonly values: Draws;
  readonly facts: Draws;
}

function emptyColumns(homes: number): HomeColumns {
  return {
    latitudes: new Float64Array(homes),
    longitudes: new Float64Array(homes),
    valuesUsd: new Uint32Array(homes),
    zipcodes: new Uint8Array(homes),
    overrides: new Uint8Array(homes),
    flags: new Uint8Array(homes),
  };
}

function flagsDrawn(facts: Draws): number {
  const active = facts.chance(CITY_SHARES.active) ? ACTIVE_FLAG : 0;
  return active | (facts.chance(CITY_SHARES.withoutMls) ? WITHOUT_MLS_FLAG : 0);
}

/** Fills the columns one home after the other. */
class ColumnWriter {
  readonly columns: HomeColumns;
  readonly #draws: Purposes;
  readonly #zipcodeAt: ReadonlyMap<string, number>;
  #index = 0;

  constructor(homes: number, draws: Purposes, zipcodes: readonly string[]) {
    this.columns = emptyColumns(homes);
    this.#draws = draws;
    this.#zipcodeAt = new Map(zipcodes.map((zipcode, at) => [zipcode, at]));
  }

  add(building: Building, nearby: readonly Sale[]): void {
    const { facts, values } = this.#draws;
    const index = this.#index;
    const nearest = building.sale ?? nearestOf(building, nearby);
    this.columns.latitudes[index] = building.latitude;
    this.columns.longitudes[index] = building.longitude;
    this.columns.zipcodes[index] = this.#zipcodeAt.get(nearest.zipcode) ?? 0;
    this.columns.flags[index] = flagsDrawn(facts);
    this.columns.overrides[index] = facts.chance(CITY_SHARES.override)
      ? LEVELS_STORED.indexOf(overrideLevelDrawn(facts))
      : 0;
    this.columns.valuesUsd[index] = facts.chance(CITY_SHARES.withoutEstimate)
      ? 0
      : valueUsdOf(building, nearby, values);
    this.#index += 1;
  }
}

/** Nearest in degrees: within one tile that orders as metres do, as good as. */
function nearestOf({ latitude, longitude }: Building, sales: readonly Sale[]): Sale {
  let nearest: Sale | undefined;
  let nearestFar = Infinity;
  for (const sale of sales) {
    const far = (sale.latitude - latitude) ** 2 + (sale.longitude - longitude) ** 2;
    if (far < nearestFar) [nearest, nearestFar] = [sale, far];
  }
  if (nearest === undefined) throw new RangeError('a settled tile has a sale');
  return nearest;
}

function settle(tile: SettledTile, homes: number, places: Draws, writer: ColumnWriter, withTower: boolean): void {
  quartersOf(tile, homes, places, withTower).forEach((quarter, at) => {
    for (const building of buildingsOf(quarter, tile.sales, places, withTower && at === 0)) {
      for (let unit = 0; unit < building.units; unit += 1) writer.add(building, tile.sales);
    }
  });
}

function countByZipcode(columns: HomeColumns, zipcodes: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const at of columns.zipcodes) counts.set(zipcodes[at] ?? '', (counts.get(zipcodes[at] ?? '') ?? 0) + 1);
  return counts;
}

/** The fullest tile, if it is full enough for a tower. */
function towerTileOf(counts: readonly number[]): number {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return most >= TOWER_TILE_HOMES_MIN ? counts.indexOf(most) : -1;
}

/**
 * A city as dense as a real one, made from the sales of King County: pure, and the same for the same arguments.
 *
 * @param homes 1 .. CITY_HOMES_MAX; a million takes about 1.5 s and 60 MB
 * @param seed  an integer 0 .. 2^31 - 1
 * @throws {RangeError} outside those limits
 */
export function generateCity({ homes, seed }: { homes: number; seed: number }): City {
  if (!Number.isInteger(homes) || homes < 1 || homes > CITY_HOMES_MAX) {
    throw new RangeError(`homes must be an integer 1..${CITY_HOMES_MAX}, not ${homes}`);
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 2 ** 31 - 1)
    throw new RangeError(`seed must be an integer 0..2^31-1, not ${seed}`);
  const draws: Purposes = {
    density: createDraws(seed, 'density'),
    places: createDraws(seed, 'places'),
    values: createDraws(seed, 'values'),
    facts: createDraws(seed, 'facts'),
  };
  const sales = readKingCountySales();
  const settled = settledTilesOf(sales);
  const { clip, tiles } = chooseArea(settled, homes);
  const counts = homesPerTile(settled, tiles, { homes, draws: draws.density });
  const zipcodes = [...new Set(sales.map(({ zipcode }) => zipcode))].sort();
  const writer = new ColumnWriter(homes, draws, zipcodes);
  const towerAt = towerTileOf(counts);
  tiles.forEach((tile, at) => settle(tile, counts[at] ?? 0, draws.places, writer, at === towerAt));
  return new City({
    seed,
    clip,
    rules: rulesOf(countByZipcode(writer.columns, zipcodes)),
    columns: writer.columns,
    zipcodes,
  });
}
