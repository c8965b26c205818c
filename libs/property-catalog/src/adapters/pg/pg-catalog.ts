import type { Facts, Level, ListingStatus } from '@porchlight/contracts';
import { mortonRangeOf, tileKey, tilesOf } from '@porchlight/geo';
import type { MlsRule, PlacedProperty, PropertyCatalog, RelayProgress, RelayProgressReader, Tile } from '../../port.ts';
import { openPool, type CatalogPool, type CatalogPoolOptions } from './pool.ts';
import { COUNT_IN_RANGES, FACTS, HOMES_IN_RANGES, PROGRESS, RULES } from './statements.ts';

/** Versions, codes and instants come as text: the driver gives no bigint as a number, and each fits one. */
type FactsRow = {
  property_id: string;
  visibility_version: string;
  listing_status: ListingStatus;
  mls_id: string | null;
  override_level: Level | null;
  checked_at: string;
};
type PlaceRow = { place: number; property_id: string; latitude: number; longitude: number };
type RuleRow = {
  read_at: string;
  seen_at: string;
  mls_id: string | null;
  rule_version: string;
  active_level: Level;
  off_market_level: Level;
};
type ProgressRow = { published_until_at: string; partitions: RelayProgress['partitions']; read_at: string };

/** What is no id has no home; some of it (a zero byte) PostgreSQL would not even take. */
const PROPERTY_ID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The property database on PostgreSQL. Makes no connection before the first call, so an app may start before its
 * database; every failure is CatalogUnavailable, within the timeouts.
 */
export function connectCatalog(
  options: CatalogPoolOptions,
): PropertyCatalog & RelayProgressReader & { close(): Promise<void> } {
  const pool = openPool(options);
  return {
    async factsOf(propertyIds) {
      const asked = propertyIds.filter((propertyId) => PROPERTY_ID.test(propertyId));
      if (asked.length === 0) return new Map();
      const rows = await pool.query<FactsRow>(FACTS, [asked]);
      return new Map(rows.map((row) => [row.property_id, factsFrom(row)]));
    },
    homesInTiles: (tiles, { perTileMax }) => homesInTiles(pool, tiles, perTileMax),
    async densityOf(viewport, zoom) {
      const tiles = tilesOf(viewport, zoom);
      const rows = await pool.query<{ place: number; count: number }>(COUNT_IN_RANGES, rangesOf(tiles));
      return rows.flatMap(({ place, count }) => tiles.slice(place - 1, place).map((tile) => ({ tile, count })));
    },
    async mlsRules() {
      const rows = await pool.query<RuleRow>(RULES, []);
      return { rules: rows.flatMap(ruleFrom), readAt: Number(rows[0]?.read_at), seenAt: Number(rows[0]?.seen_at) };
    },
    async relayProgress() {
      const [row] = await pool.query<ProgressRow>(PROGRESS, []);
      if (row === undefined) return null;
      const { published_until_at: publishedUntilAt, partitions, read_at: readAt } = row;
      return { publishedUntilAt: Number(publishedUntilAt), partitions, readAt: Number(readAt) };
    },
    close: () => pool.close(),
  };
}

async function homesInTiles(pool: CatalogPool, tiles: readonly Tile[], perTileMax: number) {
  const asked = new Map(tiles.map((tile) => [tileKey(tile), tile]));
  const lists = [...asked.keys()].map((key): [string, PlacedProperty[]] => [key, []]);
  if (lists.length === 0) return new Map<string, PlacedProperty[]>();
  const rows = await pool.query<PlaceRow>(HOMES_IN_RANGES, [...rangesOf([...asked.values()]), perTileMax]);
  for (const { place, property_id: propertyId, latitude, longitude } of rows) {
    lists[place - 1]?.[1].push({ propertyId, latitude, longitude });
  }
  return new Map(lists);
}

/** The first and the first code past the last of each tile, as two arrays that unnest side by side. */
function rangesOf(tiles: readonly Tile[]): [string[], string[]] {
  const ranges = tiles.map((tile) => mortonRangeOf(tile));
  return [ranges.map(({ from }) => String(from)), ranges.map(({ to }) => String(to))];
}

function factsFrom(row: FactsRow): Facts {
  return {
    visibilityVersion: Number(row.visibility_version),
    status: row.listing_status,
    mlsId: row.mls_id,
    overrideLevel: row.override_level,
    checkedAt: Number(row.checked_at),
  };
}

/** The row that carries only the clock has no rule. */
function ruleFrom(row: RuleRow): MlsRule[] {
  if (row.mls_id === null) return [];
  const { mls_id: mlsId, active_level: activeLevel, off_market_level: offMarketLevel } = row;
  return [{ mlsId, ruleVersion: Number(row.rule_version), activeLevel, offMarketLevel }];
}
