import type { Facts } from '@porchlight/contracts';
import { tileAt, tileKey, tilesOf } from '@porchlight/geo';
import { CatalogUnavailable } from '../../catalog-unavailable.ts';
import type { OutboxRow } from '../../outbox.ts';
import type { CatalogWriter, LoadedProperty, MlsRule, PlacedProperty, PropertyCatalog } from '../../port.ts';
import { UnknownProperty } from '../../unknown-property.ts';

type Home = { -readonly [Field in keyof LoadedProperty]: LoadedProperty[Field] } & {
  deleted: boolean;
  visibilityVersion: number;
};

export interface MemoryCatalog extends PropertyCatalog, CatalogWriter {
  /** The outbox so far, in order of id; nothing takes rows away. */
  changes(): OutboxRow[];
  /** A new home, with its outbox row; `loadProperties` leaves none. */
  addProperty(home: LoadedProperty): void;
  /** From now on every call fails as it does when PostgreSQL is down (true), or works again (false). */
  setUnavailable(isUnavailable: boolean): void;
}

const byId = (one: PlacedProperty, other: PlacedProperty): number => (one.propertyId < other.propertyId ? -1 : 1);

/** State and rules of the double; the methods of the port are thin over it. */
function createHomes(now: () => number) {
  const homes = new Map<string, Home>();
  const overrides = new Map<string, NonNullable<LoadedProperty['overrideLevel']>>();
  const changes: OutboxRow[] = [];
  const write = (type: string, aggregateId: string, payload: object): void => {
    changes.push({ id: changes.length + 1, type, aggregateId, payload: { ...payload, changedAt: now() } });
  };
  const levelOf = (home: Home) => (home.deleted ? 'nobody' : (overrides.get(home.propertyId) ?? null));
  return {
    homes,
    overrides,
    changes,
    write,
    levelOf,
    writeStatus({ propertyId, visibilityVersion, status, mlsId }: Home): void {
      write('ListingStatusChanged', propertyId, { propertyId, visibilityVersion, status, mlsId });
    },
    writeOverride(home: Home): void {
      const { propertyId, visibilityVersion } = home;
      write('SellerOverrideChanged', propertyId, { propertyId, visibilityVersion, level: levelOf(home) });
    },
    homeOf(propertyId: string): Home {
      const home = homes.get(propertyId);
      if (home === undefined) throw new UnknownProperty(propertyId);
      return home;
    },
    factsOf(home: Home): Facts {
      const { visibilityVersion, status, mlsId } = home;
      return { visibilityVersion, status, mlsId, overrideLevel: levelOf(home), checkedAt: now() };
    },
    /** Puts a home in, unless it is there. @returns whether it was new */
    add(loaded: LoadedProperty): boolean {
      if (homes.has(loaded.propertyId)) return false;
      homes.set(loaded.propertyId, {
        ...loaded,
        deleted: false,
        visibilityVersion: loaded.overrideLevel === null ? 1 : 2,
      });
      if (loaded.overrideLevel !== null) overrides.set(loaded.propertyId, loaded.overrideLevel);
      return true;
    },
  };
}

type Homes = ReturnType<typeof createHomes>;

/**
 * The property database in memory, for tests: the same versions, the same facts, the same changes as PostgreSQL (one
 * conformance suite passes on both).
 *
 * @param now the primary's clock, UTC milliseconds
 */
export function memoryCatalog({ now = Date.now }: { now?: () => number } = {}): MemoryCatalog {
  const state = createHomes(now);
  const rules = new Map<string, MlsRule>();
  let isUnavailable = false;
  const guarded =
    <Args extends unknown[], T>(work: (...args: Args) => T | Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (isUnavailable) throw new CatalogUnavailable('the test took it away');
      return work(...args);
    };
  return {
    ...readSide(state, guarded),
    ...writeSide(state, guarded),
    mlsRules: guarded(() => ({
      rules: [...rules.values()].sort((a, b) => (a.mlsId < b.mlsId ? -1 : 1)),
      readAt: now(),
      seenAt: now(),
    })),
    setRule: guarded(({ mlsId, activeLevel, offMarketLevel }) => {
      const old = rules.get(mlsId);
      if (old?.activeLevel === activeLevel && old.offMarketLevel === offMarketLevel) return;
      const rule = { mlsId, ruleVersion: (old?.ruleVersion ?? 0) + 1, activeLevel, offMarketLevel };
      rules.set(mlsId, rule);
      state.write('MlsRuleChanged', mlsId, rule);
    }),
    changes: () => [...state.changes],
    addProperty(home) {
      if (!state.add({ ...home, overrideLevel: null })) throw new Error(`home ${home.propertyId} is there already`);
      state.writeStatus(state.homeOf(home.propertyId));
      if (home.overrideLevel !== null) setOverride(state, home.propertyId, home.overrideLevel);
    },
    setUnavailable(value) {
      isUnavailable = value;
    },
  };
}

type Guard = <Args extends unknown[], T>(work: (...args: Args) => T | Promise<T>) => (...args: Args) => Promise<T>;

function readSide(state: Homes, guarded: Guard): Omit<PropertyCatalog, 'mlsRules'> {
  const living = (): Home[] => [...state.homes.values()].filter(({ deleted }) => !deleted);
  return {
    factsOf: guarded((propertyIds: readonly string[]) => {
      const found = [...new Set(propertyIds)].flatMap((id) => state.homes.get(id) ?? []);
      return new Map(found.map((home) => [home.propertyId, state.factsOf(home)]));
    }),
    homesInTiles: guarded(
      (tiles: Parameters<PropertyCatalog['homesInTiles']>[0], { perTileMax }: { perTileMax: number }) => {
        const homesIn = (tile: (typeof tiles)[number]): PlacedProperty[] =>
          living()
            .filter((home) => tileKey(tileAt(home, tile.zoom)) === tileKey(tile))
            .map(({ propertyId, latitude, longitude }) => ({ propertyId, latitude, longitude }))
            .sort(byId)
            .slice(0, perTileMax);
        return new Map(tiles.map((tile) => [tileKey(tile), homesIn(tile)]));
      },
    ),
    densityOf: guarded((viewport: Parameters<PropertyCatalog['densityOf']>[0], zoom: number) => {
      const keys = living().map((home) => tileKey(tileAt(home, zoom)));
      return tilesOf(viewport, zoom)
        .map((tile) => ({ tile, count: keys.filter((key) => key === tileKey(tile)).length }))
        .filter(({ count }) => count > 0);
    }),
  };
}

function setOverride(state: Homes, propertyId: string, level: LoadedProperty['overrideLevel']): void {
  const home = state.homeOf(propertyId);
  if ((state.overrides.get(propertyId) ?? null) === level) return;
  if (level === null) state.overrides.delete(propertyId);
  else state.overrides.set(propertyId, level);
  home.visibilityVersion += 1;
  state.writeOverride(home);
}

function writeSide(state: Homes, guarded: Guard): Omit<CatalogWriter, 'setRule'> {
  const change = <Field extends 'status' | 'mlsId' | 'deleted'>(field: Field, publish: (home: Home) => void) =>
    guarded((propertyId: string, value: Home[Field]) => {
      const home = state.homeOf(propertyId);
      if (home[field] === value) return;
      home[field] = value;
      home.visibilityVersion += 1;
      publish(home);
    });
  return {
    setStatus: change('status', (home) => state.writeStatus(home)),
    setMls: change('mlsId', (home) => state.writeStatus(home)),
    setDeleted: change('deleted', (home) => state.writeOverride(home)),
    setOverride: guarded((propertyId: string, level: LoadedProperty['overrideLevel']) =>
      setOverride(state, propertyId, level),
    ),
    loadProperties: guarded(async (chunks: Parameters<CatalogWriter['loadProperties']>[0]) => {
      let loaded = 0;
      for await (const chunk of chunks) loaded += chunk.filter((home) => state.add(home)).length;
      return { loaded };
    }),
  };
}
