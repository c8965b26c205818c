import { tileKey, tilesOf, type Tile, type Viewport } from '@porchlight/geo';
import type { PlacedProperty, PropertyCatalog } from '@porchlight/property-catalog';
import type { Clock } from '@porchlight/stream';
import { firstInView } from './first-in-view.ts';
import { listTiles, type TileHomes } from './list-tiles.ts';
import { TileCache } from './tile-cache.ts';

export interface MapLimits {
  /** How long a tile's list is used without asking again (numbers.md). */
  readonly listTtlMs: number;
  /** How long a map waits for a new list while an old one is at hand: less than its deadline. */
  readonly olderAfterMs: number;
  /** Homes that lists hold in memory, about 35 bytes each; a tile counts as TILE_WEIGHT more. */
  readonly listedHomesMax: number;
  /** Tiles of the density that are kept. */
  readonly countedTilesMax: number;
  /** Homes that are read of one tile; one that has more is read in quarters. */
  readonly perTileMax: number;
  /** Tiles that one viewport may cover. */
  readonly tilesMax: number;
}

export const defaultMapLimits: MapLimits = {
  listTtlMs: 60_000,
  olderAfterMs: 100,
  listedHomesMax: 150_000,
  countedTilesMax: 50_000,
  perTileMax: 5_000,
  tilesMax: 1_024,
};

/** What the lists of a tile take beside their homes, in homes. */
const TILE_WEIGHT = 16;

/** Lists are kept by tiles of this zoom, whatever the map's: a dense one has some hundred homes. */
export const LIST_ZOOM = 16;

export interface HomesInView {
  /** In order of id. */
  readonly homes: readonly PlacedProperty[];
  /** There are more homes in view than these. */
  readonly truncated: boolean;
}

/** Where homes are: ids and points only, never facts. */
export interface MapHomes {
  /** @throws {TooManyTiles} of @porchlight/geo, {CatalogUnavailable} of @porchlight/property-catalog */
  readonly homesIn: (viewport: Viewport, limit: number) => Promise<HomesInView>;
  /** How many homes each tile at `zoom` has; tiles without any are left out. Throws as homesIn. */
  readonly densityIn: (viewport: Viewport, zoom: number) => Promise<{ tile: Tile; count: number }[]>;
}

export function createMapHomes(
  catalog: Pick<PropertyCatalog, 'homesInTiles' | 'densityOf'>,
  clock: Clock,
  limits: MapLimits = defaultMapLimits,
): MapHomes {
  const { listTtlMs: ttlMs, olderAfterMs, perTileMax, tilesMax } = limits;
  const lists = new TileCache<TileHomes>({
    clock,
    ttlMs,
    olderAfterMs,
    weightMax: limits.listedHomesMax,
    weightOf: ({ lists: parts }) => parts.reduce((sum, { size }) => sum + size + TILE_WEIGHT, TILE_WEIGHT),
  });
  const counts = new TileCache<number>({
    clock,
    ttlMs,
    olderAfterMs,
    weightMax: limits.countedTilesMax,
    weightOf: () => 1,
  });
  return {
    async homesIn(viewport, limit) {
      const tiles = tilesOf(viewport, LIST_ZOOM, tilesMax);
      const listed = await lists.get(tiles, (missing) => listTiles(catalog, missing, perTileMax));
      return homesInView([...listed.values()], viewport, limit);
    },
    async densityIn(viewport, zoom) {
      const tiles = tilesOf(viewport, zoom, tilesMax);
      const counted = await counts.get(tiles, async (missing) => {
        const found = await catalog.densityOf(viewport, zoom);
        const byKey = new Map(found.map(({ tile, count }) => [tileKey(tile), count]));
        return new Map(missing.map((tile) => [tileKey(tile), byKey.get(tileKey(tile)) ?? 0]));
      });
      return tiles.flatMap((tile) => {
        const count = counted.get(tileKey(tile)) ?? 0;
        return count > 0 ? [{ tile, count }] : [];
      });
    },
  };
}

/** Pure: the first homes in view in order of id. A tile that could not be listed whole may hide more: that is said too. */
export function homesInView(tiles: readonly TileHomes[], viewport: Viewport, limit: number): HomesInView {
  const lists = tiles.flatMap((tile) => tile.lists);
  const found = firstInView(lists, viewport, limit + 1);
  const isCut = tiles.some((tile) => tile.isCut);
  return { homes: found.slice(0, limit), truncated: found.length > limit || isCut };
}
