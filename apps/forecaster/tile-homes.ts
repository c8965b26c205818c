import { MAP_ZOOM_MIN, tileAt, tileKey, type Tile } from '@porchlight/geo';
import type { PlacedProperty, PropertyCatalog } from '@porchlight/property-catalog';
import type { Clock } from '@porchlight/stream';

export interface TileHomesOptions {
  readonly catalog: Pick<PropertyCatalog, 'homesInTiles'>;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a list is good: homes are built slowly, and one missed is only not warmed. */
  readonly keepMs: number;
  /** Homes held over all tiles; the tiles used longest ago go first. About 150 bytes each. */
  readonly homesMax: number;
  /** Homes of one list (a tile at zoom 15), in order of id; the densest real tile at zoom 16 has 951. */
  readonly perTileMax: number;
}

/** Lists of the homes of tiles. */
export interface TileHomes {
  /** @returns the homes of each tile, in order of id @throws {CatalogUnavailable} */
  of(tiles: readonly Tile[]): Promise<Map<string, readonly PlacedProperty[]>>;
  /** How many homes are held now. */
  held(): number;
}

interface Kept {
  readonly homes: readonly PlacedProperty[];
  readonly readAt: number;
  /** By zoom, made when somebody looks there. */
  readonly parts: Map<number, Map<string, readonly PlacedProperty[]>>;
}

const NOBODY: readonly PlacedProperty[] = [];

/** @returns a tile's homes, of the list that it is a part of */
function homesIn(list: Kept, tile: Tile): readonly PlacedProperty[] {
  if (tile.zoom === LIST_ZOOM) return list.homes;
  const parts = list.parts.get(tile.zoom) ?? partsAt(list.homes, tile.zoom);
  list.parts.set(tile.zoom, parts);
  return parts.get(tileKey(tile)) ?? NOBODY;
}

/**
 * The widest zoom that is forecast. Lists are read and kept at it alone, and those of deeper tiles are parts of them: else a home would lie
 * in memory, and be read, once for each zoom at which somebody looks.
 */
const LIST_ZOOM = MAP_ZOOM_MIN;

/** @throws {RangeError} for a tile wider than any that is forecast */
function listTileOf({ zoom, x, y }: Tile): Tile {
  if (zoom < LIST_ZOOM) throw new RangeError(`homes are listed from zoom ${LIST_ZOOM} on, not at ${zoom}`);
  const deeper = zoom - LIST_ZOOM;
  return { zoom: LIST_ZOOM, x: x >> deeper, y: y >> deeper };
}

/** The homes of one list by the tiles of a zoom, each in order of id as the list is. */
function partsAt(homes: readonly PlacedProperty[], zoom: number): Map<string, PlacedProperty[]> {
  const parts = new Map<string, PlacedProperty[]>();
  for (const home of homes) {
    const key = tileKey(tileAt(home, zoom));
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [home]);
    else part.push(home);
  }
  return parts;
}

/** An empty list weighs something too. */
const weightOf = (homes: readonly PlacedProperty[]): number => homes.length + 1;

/** The lists of tiles, kept for a minute in a bounded memory of this process: places, never facts. */
export function createTileHomes({ catalog, clock, keepMs, homesMax, perTileMax }: TileHomesOptions): TileHomes {
  const kept = new Map<string, Kept>();
  let held = 0;

  const forget = (key: string): void => {
    held -= weightOf(kept.get(key)?.homes ?? []);
    kept.delete(key);
  };
  const keep = (key: string, homes: readonly PlacedProperty[]): Kept => {
    if (kept.has(key)) forget(key);
    const list: Kept = { homes, readAt: clock.now(), parts: new Map() };
    kept.set(key, list);
    held += weightOf(homes);
    for (const oldest of kept.keys()) {
      if (held <= homesMax) break;
      forget(oldest);
    }
    return list;
  };
  /** A map keeps the order of insertion: what is used goes to its end. */
  const use = (key: string): Kept | undefined => {
    const list = kept.get(key);
    if (list === undefined || clock.now() - list.readAt > keepMs) return undefined;
    kept.delete(key);
    kept.set(key, list);
    return list;
  };
  /** What is missing is read in one call. */
  const listsOf = async (tiles: readonly Tile[]): Promise<Map<string, Kept>> => {
    const lists = new Map<string, Kept>();
    const missing = new Map<string, Tile>();
    for (const tile of tiles) {
      const key = tileKey(tile);
      const list = use(key);
      if (list === undefined) missing.set(key, tile);
      else lists.set(key, list);
    }
    if (missing.size === 0) return lists;
    const read = await catalog.homesInTiles([...missing.values()], { perTileMax });
    for (const [key, homes] of read) lists.set(key, keep(key, homes));
    return lists;
  };
  return {
    held: () => held,
    async of(tiles) {
      const lists = await listsOf(tiles.map(listTileOf));
      const homesOf = (tile: Tile): readonly PlacedProperty[] => {
        const list = lists.get(tileKey(listTileOf(tile)));
        return list === undefined ? NOBODY : homesIn(list, tile);
      };
      return new Map(tiles.map((tile) => [tileKey(tile), homesOf(tile)]));
    },
  };
}
