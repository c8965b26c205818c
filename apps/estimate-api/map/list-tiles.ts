import { MORTON_ZOOM, tileKey, type Tile } from '@porchlight/geo';
import type { PlacedProperty, PropertyCatalog } from '@porchlight/property-catalog';
import { tileListOf, type TileList } from './tile-list.ts';

/** All homes of one tile. */
export interface TileHomes {
  /** Lists that share no home: one, or those of smaller tiles where one list would not hold all. */
  readonly lists: readonly TileList[];
  /** The smallest tile that can be asked for has more homes than were read. */
  readonly isCut: boolean;
}

/** Tiles of one statement: its rows are then read in pieces between which others are answered. */
const TILES_PER_READ = 128;

interface ReadTile {
  readonly tile: Tile;
  readonly homes: readonly PlacedProperty[];
}

/**
 * Reads the homes of tiles. A tile with more than `perTileMax` homes is read as its four quarters, and so on down to
 * MORTON_ZOOM (10 m): no home is left out for ever because its neighbours' ids come first.
 *
 * @returns by `zoom/x/y`, one for every tile  @throws what the catalogue throws
 */
export async function listTiles(
  catalog: Pick<PropertyCatalog, 'homesInTiles'>,
  tiles: readonly Tile[],
  perTileMax: number,
): Promise<Map<string, TileHomes>> {
  const isFull = ({ homes }: ReadTile): boolean => homes.length >= perTileMax;
  const read = await readTiles(catalog, tiles, perTileMax);
  const deeper = read.filter((each) => isFull(each) && each.tile.zoom < MORTON_ZOOM);
  const quarters = deeper.flatMap(({ tile }) => quartersOf(tile));
  const below: ReadonlyMap<string, TileHomes> =
    quarters.length === 0 ? new Map() : await listTiles(catalog, quarters, perTileMax);
  return new Map(
    read.map((each) => {
      const own: TileHomes[] = deeper.includes(each)
        ? quartersOf(each.tile).flatMap((quarter) => below.get(tileKey(quarter)) ?? [])
        : [{ lists: each.homes.length === 0 ? [] : [tileListOf(each.homes)], isCut: isFull(each) }];
      return [
        tileKey(each.tile),
        { lists: own.flatMap(({ lists }) => lists), isCut: own.some(({ isCut }) => isCut) },
      ] as const;
    }),
  );
}

async function readTiles(
  catalog: Pick<PropertyCatalog, 'homesInTiles'>,
  tiles: readonly Tile[],
  perTileMax: number,
): Promise<ReadTile[]> {
  const read: ReadTile[] = [];
  for (let at = 0; at < tiles.length; at += TILES_PER_READ) {
    const some = tiles.slice(at, at + TILES_PER_READ);
    const found = await catalog.homesInTiles(some, { perTileMax });
    read.push(...some.map((tile) => ({ tile, homes: found.get(tileKey(tile)) ?? [] })));
  }
  return read;
}

function quartersOf({ zoom, x, y }: Tile): Tile[] {
  return [0, 1].flatMap((south) => [0, 1].map((east) => ({ zoom: zoom + 1, x: 2 * x + east, y: 2 * y + south })));
}
