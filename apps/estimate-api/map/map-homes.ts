import { isWithin, tileKey, tilesOf, type Tile, type Viewport } from '@porchlight/geo';
import type { PlacedProperty, PropertyCatalog } from '@porchlight/property-catalog';
import type { Clock } from '@porchlight/stream';
import { TileCache } from './tile-cache.ts';

export interface MapLimits {
  /** How long a tile's list is used without asking again (numbers.md). */
  readonly listTtlMs: number;
  /** Homes that lists hold in memory, about 150 bytes each; a tile counts as one more. */
  readonly listedHomesMax: number;
  /** Tiles of the density that are kept. */
  readonly countedTilesMax: number;
  /** Homes that are listed of one tile. */
  readonly perTileMax: number;
  /** Tiles that one viewport may cover. */
  readonly tilesMax: number;
}

export const defaultMapLimits: MapLimits = {
  listTtlMs: 60_000,
  listedHomesMax: 150_000,
  countedTilesMax: 50_000,
  perTileMax: 5_000,
  tilesMax: 1_024,
};

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
  clock: Pick<Clock, 'now'>,
  limits: MapLimits = defaultMapLimits,
): MapHomes {
  const { listTtlMs: ttlMs, perTileMax, tilesMax } = limits;
  const lists = new TileCache<readonly PlacedProperty[]>({
    clock,
    ttlMs,
    weightMax: limits.listedHomesMax,
    weightOf: (homes) => homes.length + 1,
  });
  const counts = new TileCache<number>({ clock, ttlMs, weightMax: limits.countedTilesMax, weightOf: () => 1 });
  return {
    async homesIn(viewport, limit) {
      const tiles = tilesOf(viewport, LIST_ZOOM, tilesMax);
      const listed = await lists.get(tiles, (missing) => catalog.homesInTiles(missing, { perTileMax }));
      return homesInView([...listed.values()], viewport, { limit, perTileMax });
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

/** Pure: the first homes in view in order of id. A tile whose own list was cut may hide more: that is said too. */
export function homesInView(
  lists: readonly (readonly PlacedProperty[])[],
  viewport: Viewport,
  { limit, perTileMax }: { limit: number; perTileMax: number },
): HomesInView {
  const inView = lists.flatMap((homes) => homes.filter((home) => isWithin(home, viewport)));
  inView.sort((one, other) => (one.propertyId < other.propertyId ? -1 : 1));
  const isCut = lists.some((homes) => homes.length >= perTileMax);
  return { homes: inView.slice(0, limit), truncated: inView.length > limit || isCut };
}
