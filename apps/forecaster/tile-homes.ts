import { tileKey, type Tile } from '@porchlight/geo';
import type { PlacedProperty, PropertyCatalog } from '@porchlight/property-catalog';
import type { Clock } from '@porchlight/stream';

export interface TileHomesOptions {
  readonly catalog: Pick<PropertyCatalog, 'homesInTiles'>;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a list is good: homes are built slowly, and one missed is only not warmed. */
  readonly keepMs: number;
  /** Homes held over all tiles; the tiles used longest ago go first. About 150 bytes each. */
  readonly homesMax: number;
  /** Homes of one tile, in order of id; the densest real tile at zoom 16 has 951. */
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
  const keep = (key: string, homes: readonly PlacedProperty[]): void => {
    if (kept.has(key)) forget(key);
    kept.set(key, { homes, readAt: clock.now() });
    held += weightOf(homes);
    for (const oldest of kept.keys()) {
      if (held <= homesMax) return;
      forget(oldest);
    }
  };
  /** A map keeps the order of insertion: what is used goes to its end. */
  const use = (key: string): readonly PlacedProperty[] | undefined => {
    const entry = kept.get(key);
    if (entry === undefined || clock.now() - entry.readAt > keepMs) return undefined;
    kept.delete(key);
    kept.set(key, entry);
    return entry.homes;
  };
  return {
    held: () => held,
    async of(tiles) {
      const found = new Map<string, readonly PlacedProperty[]>();
      const missing = new Map<string, Tile>();
      for (const tile of tiles) {
        const homes = use(tileKey(tile));
        if (homes === undefined) missing.set(tileKey(tile), tile);
        else found.set(tileKey(tile), homes);
      }
      if (missing.size === 0) return found;
      const read = await catalog.homesInTiles([...missing.values()], { perTileMax });
      for (const [key, homes] of read) {
        keep(key, homes);
        found.set(key, homes);
      }
      return found;
    },
  };
}
