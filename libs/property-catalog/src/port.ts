import type { Facts, Level, ListingStatus, Viewport } from '@porchlight/contracts';

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
  /**
   * The facts of a batch, by one statement; a home that is not in the map does not exist. `checkedAt` is the primary's
   * clock before the snapshot. A deleted home has facts: its `overrideLevel` is `nobody`.
   */
  factsOf(propertyIds: readonly string[]): Promise<Map<string, Facts>>;
  /**
   * The homes of each tile in order of id, at most `perTileMax`; by the index. Keys are `zoom/x/y`, one for every tile
   * asked for (an empty list where nobody lives). Deleted homes are left out.
   */
  homesInTiles(tiles: readonly Tile[], limits: { perTileMax: number }): Promise<Map<string, PlacedProperty[]>>;
  /**
   * How many homes each tile at `zoom` that the viewport touches has, the whole tile counted; tiles without any are left
   * out. @throws {TooManyTiles} of @porchlight/geo above its TILES_MAX
   */
  densityOf(viewport: Viewport, zoom: number): Promise<{ tile: Tile; count: number }[]>;
  /** Every rule (hundreds), and the primary's clock before the snapshot (`readAt`) and after it (`seenAt`). */
  mlsRules(): Promise<{ rules: MlsRule[]; readAt: number; seenAt: number }>;
}

/** How far catalog-relay has come. */
export interface RelayProgress {
  /** T: every change committed before this instant of the primary's clock is in Kafka. UTC milliseconds. */
  readonly publishedUntilAt: number;
  /** The partition count of each topic that the relay writes, by the topic's name. */
  readonly partitions: Readonly<Record<string, number>>;
  /** The primary's clock before this was read, UTC milliseconds. */
  readonly readAt: number;
}

/** For those who mark what they applied (the invalidator). @throws {CatalogUnavailable} */
export interface RelayProgressReader {
  /** @returns null before the relay's first whole round */
  relayProgress(): Promise<RelayProgress | null>;
}

/** A home as a city is loaded. */
export interface LoadedProperty extends PlacedProperty {
  readonly status: Exclude<ListingStatus, 'unknown'>;
  readonly mlsId: string | null;
  readonly overrideLevel: Exclude<Level, 'unknown'> | null;
}

/**
 * The property database, as tools and tests write it (other teams use SQL; the triggers are the same for all).
 * A change that changes nothing raises no version and publishes nothing.
 *
 * @throws {CatalogUnavailable} when PostgreSQL does not answer; {UnknownProperty} for a home that is not in the map
 */
export interface CatalogWriter {
  setStatus(propertyId: string, status: Exclude<ListingStatus, 'unknown'>): Promise<void>;
  setMls(propertyId: string, mlsId: string | null): Promise<void>;
  /** null lifts the restriction. */
  setOverride(propertyId: string, level: Exclude<Level, 'unknown'> | null): Promise<void>;
  /** A deleted home keeps its row: nobody sees it any more, and no map lists it. */
  setDeleted(propertyId: string, deleted: boolean): Promise<void>;
  /** Makes the rule, or changes it. */
  setRule(rule: {
    mlsId: string;
    activeLevel: Exclude<Level, 'unknown'>;
    offMarketLevel: Exclude<Level, 'unknown'>;
  }): Promise<void>;
  /**
   * Loads a city, chunk by chunk (about 10,000 homes each are fastest), without outbox rows. A home that is there already
   * stays as it is, so a load that broke off is simply repeated.
   *
   * @returns how many homes were new
   */
  loadProperties(
    chunks: Iterable<readonly LoadedProperty[]> | AsyncIterable<readonly LoadedProperty[]>,
  ): Promise<{ loaded: number }>;
}
