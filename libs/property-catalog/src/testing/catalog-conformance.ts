import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tileAt, tileKey } from '@porchlight/geo';
import { CatalogUnavailable } from '../catalog-unavailable.ts';
import type { OutboxRow } from '../outbox.ts';
import type { CatalogWriter, LoadedProperty, PropertyCatalog } from '../port.ts';
import { UnknownProperty } from '../unknown-property.ts';

/** What the suite is run against. */
export interface CatalogUnderTest {
  readonly reader: PropertyCatalog;
  readonly writer: CatalogWriter;
  /** Every outbox row so far, in order of id. */
  changes(): Promise<OutboxRow[]>;
  /** A home that comes without a bulk load. */
  insert(home: LoadedProperty): Promise<void>;
  /** The primary's clock, UTC milliseconds. */
  now(): Promise<number>;
  close(): Promise<void>;
  /** Afterwards every call must fail as when PostgreSQL is down. Called last. */
  takeAway(): Promise<void>;
}

const SEATTLE = { latitude: 47.6062, longitude: -122.3321 };
const home = (propertyId: string, fields: Partial<LoadedProperty> = {}): LoadedProperty => ({
  propertyId,
  ...SEATTLE,
  status: 'off_market',
  mlsId: null,
  overrideLevel: null,
  ...fields,
});

/** One suite for every adapter of the property catalogue. Ids are the suite's own; it needs an empty catalogue. */
export function catalogConformance(name: string, open: () => Promise<CatalogUnderTest>): void {
  describe(`property catalogue: ${name}`, () => {
    let under: CatalogUnderTest;
    const load = (...homes: LoadedProperty[]) => under.writer.loadProperties([homes]);
    const factsOf = async (id: string) => (await under.reader.factsOf([id])).get(id);
    const versionOf = async (id: string) => (await factsOf(id))?.visibilityVersion;
    /** The records that `work` left, without the moment. */
    const published = async (work: () => Promise<unknown>): Promise<unknown[]> => {
      const seen = (await under.changes()).length;
      await work();
      return (await under.changes()).slice(seen).map(({ type, aggregateId, payload }) => {
        const { changedAt, ...value } = payload as { changedAt: unknown };
        expect(Number.isSafeInteger(changedAt)).toBe(true);
        return [type, aggregateId, value];
      });
    };

    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    test('facts of a batch: each home once, unknown ids left out, the clock of the reading on all', async () => {
      await load(home('facts-1', { status: 'active', mlsId: 'nwmls' }), home('facts-2', { overrideLevel: 'agent' }));
      const before = await under.now();
      const facts = await under.reader.factsOf(['facts-1', 'facts-2', 'facts-1', 'facts-unknown']);
      const checkedAt = facts.get('facts-1')?.checkedAt ?? 0;
      expect(Object.fromEntries(facts)).toEqual({
        'facts-1': { visibilityVersion: 1, status: 'active', mlsId: 'nwmls', overrideLevel: null, checkedAt },
        'facts-2': { visibilityVersion: 2, status: 'off_market', mlsId: null, overrideLevel: 'agent', checkedAt },
      });
      expect([checkedAt >= before, checkedAt <= (await under.now())]).toEqual([true, true]);
    });

    test('no ids, no facts; an id that is none is only unknown', async () => {
      expect(await under.reader.factsOf([])).toEqual(new Map());
      expect(await under.reader.factsOf(['', "';--", 'a'.repeat(65), '\u0000', 'facts-1\n', '\ud800'])).toEqual(
        new Map(),
      );
    });

    test('a bulk load publishes nothing, and repeated it changes nothing', async () => {
      const homes = [home('load-1', { overrideLevel: 'nobody' }), home('load-2')];
      expect(await published(() => load(...homes))).toEqual([]);
      await under.writer.setOverride('load-1', null);
      expect(await published(() => load(...homes))).toEqual([]);
      expect(await load(...homes, home('load-3'))).toEqual({ loaded: 1 });
      expect([(await factsOf('load-1'))?.overrideLevel, await versionOf('load-1')]).toEqual([null, 3]);
    });

    test('a home that comes alone is published with its first version', async () => {
      expect(await published(() => under.insert(home('new-1', { status: 'active', mlsId: 'm-1' })))).toEqual([
        [
          'ListingStatusChanged',
          'new-1',
          { propertyId: 'new-1', visibilityVersion: 1, status: 'active', mlsId: 'm-1' },
        ],
      ]);
    });

    test('status, MLS and override changes alike raise the one version of the home and are published in order', async () => {
      await load(home('one'));
      const changes = await published(async () => {
        await under.writer.setStatus('one', 'active');
        await under.writer.setMls('one', 'm-1');
        await under.writer.setOverride('one', 'verified');
        await under.writer.setOverride('one', 'nobody');
        await under.writer.setOverride('one', null);
      });
      const status = { propertyId: 'one', status: 'active' };
      expect(changes).toEqual([
        ['ListingStatusChanged', 'one', { ...status, visibilityVersion: 2, mlsId: null }],
        ['ListingStatusChanged', 'one', { ...status, visibilityVersion: 3, mlsId: 'm-1' }],
        ['SellerOverrideChanged', 'one', { propertyId: 'one', visibilityVersion: 4, level: 'verified' }],
        ['SellerOverrideChanged', 'one', { propertyId: 'one', visibilityVersion: 5, level: 'nobody' }],
        ['SellerOverrideChanged', 'one', { propertyId: 'one', visibilityVersion: 6, level: null }],
      ]);
      expect(await factsOf('one')).toMatchObject({
        visibilityVersion: 6,
        status: 'active',
        mlsId: 'm-1',
        overrideLevel: null,
      });
    });

    test('a change that changes nothing raises no version and publishes nothing', async () => {
      await load(home('same', { status: 'active', mlsId: 'm-1', overrideLevel: 'agent' }), home('same-2'));
      await under.writer.setRule({ mlsId: 'same-mls', activeLevel: 'agent', offMarketLevel: 'agent' });
      const changes = await published(async () => {
        await under.writer.setStatus('same', 'active');
        await under.writer.setMls('same', 'm-1');
        await under.writer.setOverride('same', 'agent');
        await under.writer.setDeleted('same', false);
        await under.writer.setOverride('same-2', null);
        await under.writer.setRule({ mlsId: 'same-mls', activeLevel: 'agent', offMarketLevel: 'agent' });
      });
      expect([changes, await versionOf('same'), await versionOf('same-2')]).toEqual([[], 2, 1]);
    });

    test('a deleted home keeps its facts for nobody, whatever its seller does, and leaves the map', async () => {
      const place = { latitude: 10, longitude: 10 };
      await load(home('gone', { ...place, overrideLevel: 'agent' }));
      const override = (visibilityVersion: number, level: string | null) => [
        'SellerOverrideChanged',
        'gone',
        { propertyId: 'gone', visibilityVersion, level },
      ];
      expect(await published(() => under.writer.setDeleted('gone', true))).toEqual([override(3, 'nobody')]);
      expect(await published(() => under.writer.setOverride('gone', null))).toEqual([override(4, 'nobody')]);
      expect((await factsOf('gone'))?.overrideLevel).toBe('nobody');
      const tile = tileAt(place, 16);
      expect(await under.reader.homesInTiles([tile], { perTileMax: 9 })).toEqual(new Map([[tileKey(tile), []]]));
      expect(await published(() => under.writer.setDeleted('gone', false))).toEqual([override(5, null)]);
      expect((await under.reader.homesInTiles([tile], { perTileMax: 9 })).get(tileKey(tile))).toHaveLength(1);
    });

    test('a change to a home that is not in the map is refused by name', async () => {
      for (const change of [
        () => under.writer.setStatus('nowhere', 'active'),
        () => under.writer.setMls('nowhere', null),
        () => under.writer.setOverride('nowhere', 'agent'),
        () => under.writer.setOverride('nowhere', null),
        () => under.writer.setDeleted('nowhere', true),
      ]) {
        await expect(change()).rejects.toThrow(new UnknownProperty('nowhere'));
      }
    });

    test('rules: in order of id, versions from 1, raised by one with each change, published', async () => {
      const before = await under.now();
      const changes = await published(async () => {
        await under.writer.setRule({ mlsId: 'z-mls', activeLevel: 'registered', offMarketLevel: 'agent' });
        await under.writer.setRule({ mlsId: 'B-mls', activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
        await under.writer.setRule({ mlsId: 'z-mls', activeLevel: 'registered', offMarketLevel: 'nobody' });
      });
      const [first, other, second] = [
        { mlsId: 'z-mls', ruleVersion: 1, activeLevel: 'registered', offMarketLevel: 'agent' },
        { mlsId: 'B-mls', ruleVersion: 1, activeLevel: 'unregistered', offMarketLevel: 'unregistered' },
        { mlsId: 'z-mls', ruleVersion: 2, activeLevel: 'registered', offMarketLevel: 'nobody' },
      ];
      expect(changes).toEqual([first, other, second].map((rule) => ['MlsRuleChanged', rule.mlsId, rule]));
      const { rules, readAt, seenAt } = await under.reader.mlsRules();
      expect(rules.filter(({ mlsId }) => mlsId !== 'same-mls')).toEqual([other, second]);
      expect([readAt >= before, readAt <= (await under.now())]).toEqual([true, true]);
      expect([seenAt >= readAt, seenAt <= (await under.now()) + 1]).toEqual([true, true]);
    });

    test('homes of a tile come in order of id up to the limit, and every tile asked for is answered', async () => {
      const place = { latitude: -33.86, longitude: 151.2 };
      await load(...['t-b', 't-C', 't-a', 't_d', 't-0'].map((id) => home(id, place)));
      const [full, empty] = [tileAt(place, 17), tileAt({ latitude: 0.001, longitude: 0.001 }, 15)];
      const found = await under.reader.homesInTiles([full, empty, full], { perTileMax: 4 });
      expect([...found]).toEqual([
        [tileKey(full), ['t-0', 't-C', 't-a', 't-b'].map((propertyId) => ({ propertyId, ...place }))],
        [tileKey(empty), []],
      ]);
      expect(await under.reader.homesInTiles([], { perTileMax: 4 })).toEqual(new Map());
    });

    test('density counts the homes of each tile that a viewport touches, across the antimeridian too', async () => {
      const [west, east] = [
        { latitude: -18, longitude: 179.995 },
        { latitude: -18, longitude: -179.995 },
      ];
      await load(
        home('d-1', west),
        home('d-2', west),
        home('d-3', east),
        home('d-4', { latitude: -18, longitude: -170 }),
      );
      const counts = await under.reader.densityOf({ west: 179.99, south: -18.01, east: -179.99, north: -17.99 }, 15);
      expect(counts).toEqual([
        { tile: tileAt(west, 15), count: 2 },
        { tile: tileAt(east, 15), count: 1 },
      ]);
    });

    test('when the database is away every call says CATALOG_UNAVAILABLE, to be retried', async () => {
      await under.takeAway();
      for (const call of [
        () => under.reader.factsOf(['a']),
        () => under.reader.homesInTiles([{ zoom: 15, x: 0, y: 0 }], { perTileMax: 1 }),
        () => under.reader.densityOf({ west: 0, south: 0, east: 0.01, north: 0.01 }, 15),
        () => under.reader.mlsRules(),
        () => under.writer.setStatus('a', 'active'),
        () => under.writer.setRule({ mlsId: 'a', activeLevel: 'agent', offMarketLevel: 'agent' }),
      ]) {
        const error: unknown = await call().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(CatalogUnavailable);
        expect(error).toMatchObject({ code: 'CATALOG_UNAVAILABLE', fate: 'retry' });
      }
    });
  });
}
