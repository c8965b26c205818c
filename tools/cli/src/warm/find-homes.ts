import { countTiles, isWithin, tileKey, TILES_MAX, tilesOf, viewportProblem, type Viewport } from '@porchlight/geo';
import type { PlacedProperty, PropertyCatalog } from '@porchlight/property-catalog';
import { CliError } from '../cli-error.ts';
import { batchesOf } from '../homes/in-batches.ts';
import { HOMES_MAX } from '../homes/read-homes.ts';

/** A home, and the tile under whose key its work goes through the pipeline. */
export interface HomeToWarm {
  readonly propertyId: string;
  readonly tile: string;
}

/** Homes that were named, not placed: this tile holds them all. */
export const WORLD_TILE = '0/0/0';

const ZOOM_FINEST = 16;
/** Far above what a tile of these zooms holds anywhere on earth at the coarsest that a region may need; met, something is wrong. */
const TILE_HOMES_MAX = 200_000;
/** One statement reads so many tiles: a region of a whole state is many short questions, not one long one. */
const TILES_AT_ONCE = 32;

/** The finest zoom at which a region is no more tiles than one question may be. */
function zoomFor(region: Viewport): number {
  for (let zoom = ZOOM_FINEST; zoom > 0; zoom -= 1) if (countTiles(region, zoom) <= TILES_MAX) return zoom;
  return 0;
}

/**
 * @param region   west, south, east, north
 * @param isInside which of its homes are meant; default: all
 * @returns in order of tile and id
 * @throws {CliError} REGION_INVALID for an impossible region, one without homes, or one with too many; {CatalogUnavailable}
 */
export async function homesIn(
  catalog: Pick<PropertyCatalog, 'homesInTiles'>,
  region: Viewport,
  isInside: (home: PlacedProperty) => boolean = () => true,
): Promise<HomeToWarm[]> {
  const problem = viewportProblem(region);
  if (problem !== null)
    throw new CliError('REGION_INVALID', `the region is none (${problem}): west,south,east,north in degrees`);
  const homes: HomeToWarm[] = [];
  for (const tiles of batchesOf(tilesOf(region, zoomFor(region)), TILES_AT_ONCE)) {
    const found = await catalog.homesInTiles(tiles, { perTileMax: TILE_HOMES_MAX });
    for (const tile of tiles) {
      const there = found.get(tileKey(tile)) ?? [];
      if (there.length === TILE_HOMES_MAX) throw tooMany();
      for (const home of there)
        if (isWithin(home, region) && isInside(home)) homes.push({ propertyId: home.propertyId, tile: tileKey(tile) });
    }
    if (homes.length > HOMES_MAX) throw tooMany();
  }
  if (homes.length === 0) throw new CliError('REGION_INVALID', 'nobody lives in that region, as the database has it');
  return homes;
}

const tooMany = (): CliError =>
  new CliError(
    'REGION_INVALID',
    `the region has more than ${HOMES_MAX} homes, or too many in one tile: say a smaller one`,
  );
