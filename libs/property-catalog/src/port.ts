import type { Facts, Level, Viewport } from '@porchlight/contracts';

/** A home on the map: its id and its place, never its facts. */
export interface PlacedProperty {
  readonly propertyId: string;
  /** WGS 84 degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

/** Who may see the homes of one MLS. */
export interface MlsRule {
  readonly mlsId: string;
  readonly ruleVersion: number;
  readonly activeLevel: Level;
  readonly offMarketLevel: Level;
}

export interface Tile {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

/**
 * The property database, as the apps read it. Always the primary.
 *
 * @throws {CatalogUnavailable} (code CATALOG_UNAVAILABLE, fate retry) from every method when PostgreSQL does not answer
 */
export interface PropertyCatalog {
  /** The facts of a batch, by one statement; a home that is not in the map does not exist. `checkedAt` is the primary's clock before the snapshot. */
  factsOf(propertyIds: readonly string[]): Promise<Map<string, Facts>>;
  /** The homes of one tile in order of id, at most `limit`; by the index. */
  homesInTiles(tiles: readonly Tile[], limits: { perTileMax: number }): Promise<Map<string, PlacedProperty[]>>;
  /** How many homes each tile at `zoom` within the viewport has; tiles without any are left out. */
  densityOf(viewport: Viewport, zoom: number): Promise<{ tile: Tile; count: number }[]>;
  /** Every rule (hundreds) and the primary's clock. */
  mlsRules(): Promise<{ rules: MlsRule[]; readAt: number }>;
}
