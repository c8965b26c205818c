import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CityHome, CityRule } from '@porchlight/city';
import { deadLetterTopicOf, topics, type Viewport } from '@porchlight/contracts';
import { boundsOf, isWithin, tileAt } from '@porchlight/geo';
import { appNames, type AppName } from '@porchlight/run';
import { Kafka, logLevel } from 'kafkajs';
import { eventually } from './testing/eventually.ts';
import { openWalkWorld, type Result, type Viewer, type WalkWorld } from './testing/walk-world.ts';

/*
 * The walk of issue A on real parts: a viewport is answered, its neighbours are warm before the map moves, and whatever changes in
 * the database or upstream is seen, with every app killed once on the way. The tests follow one another in one world.
 */

const ZOOM = 17;
const ROLES = ['unregistered', 'registered', 'verified', 'agent'] as const;
const START_MS = 180_000;
/** Under homesPerForecastMax, so that nothing of a neighbourhood is cut. */
const FORECAST_HOMES_MAX = 380;
/** A pan that the forecast covers whole without knowing a direction: what is farther out is less likely drawn than it costs. */
const PAN_WIDTHS = 0.5;

interface MapAnswer {
  readonly homes: readonly { readonly latitude: number; readonly longitude: number; readonly result: Result }[];
  readonly pending: number;
  readonly truncated: boolean;
}

let world: WalkWorld;
/** A tile whose neighbours all fit into one forecast, and the homes in it that anybody may see. */
let here: Viewport;
let homesHere: CityHome[];
/** Another one, far from it. */
let elsewhere: Viewport;

const plain = (home: CityHome): boolean =>
  home.status === 'off_market' && home.overrideLevel === null && home.valueUsd !== null && isOpen(home);
const ruleOf = ({ mlsId }: CityHome): CityRule | undefined => world.city.rules.find((rule) => rule.mlsId === mlsId);
/** What the seller and the MLS ask of a viewer; a home without either asks nothing. */
const levelsOf = (home: CityHome): (string | null | undefined)[] => {
  const rule = ruleOf(home);
  return [home.overrideLevel, home.status === 'active' ? rule?.activeLevel : rule?.offMarketLevel];
};
const isHidden = (home: CityHome): boolean => levelsOf(home).includes('nobody');
const isForAnybody = (home: CityHome): boolean =>
  levelsOf(home).every((level) => (level ?? 'unregistered') === 'unregistered');
const isOpen = (home: CityHome): boolean =>
  ruleOf(home)?.activeLevel === 'unregistered' && ruleOf(home)?.offMarketLevel === 'unregistered';

interface QuietTile {
  readonly tile: { readonly zoom: number; readonly x: number; readonly y: number };
  readonly homes: CityHome[];
}

/** Tiles whose whole neighbourhood is within the forecaster's budget, the fullest first, each far from those before it. */
function quietTiles(): QuietTile[] {
  const tiles = new Map<string, { x: number; y: number; homes: CityHome[] }>();
  for (const home of world.city) {
    const { x, y } = tileAt(home, ZOOM);
    const tile = tiles.get(`${x}/${y}`) ?? { x, y, homes: [] };
    tile.homes.push(home);
    tiles.set(`${x}/${y}`, tile);
  }
  const homesAt = (x: number, y: number): number => tiles.get(`${x}/${y}`)?.homes.length ?? 0;
  const aroundOf = (x: number, y: number): number =>
    [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => homesAt(x + dx, y + dy))).reduce((sum, homes) => sum + homes, 0);
  const quiet = [...tiles.values()]
    .filter(({ x, y }) => aroundOf(x, y) <= FORECAST_HOMES_MAX && homesAt(x + 1, y) >= 5 && homesAt(x - 1, y) >= 5)
    .map(({ x, y, homes }) => ({ tile: { zoom: ZOOM, x, y }, homes: homes.filter(plain) }))
    .sort((a, b) => b.homes.length - a.homes.length);
  const chosen: QuietTile[] = [];
  for (const each of quiet) {
    const isFar = chosen.every(({ tile }) => Math.abs(tile.x - each.tile.x) + Math.abs(tile.y - each.tile.y) >= 8);
    if (isFar) chosen.push(each);
  }
  return chosen;
}

const shifted = ({ west, south, east, north }: Viewport, widths: number): Viewport => {
  const by = (east - west) * widths;
  return { west: west + by, south, east: east + by, north };
};

async function map(viewport: Viewport, viewer: Viewer = {}, deadlineMs = 2_000): Promise<MapAnswer> {
  const query = new URLSearchParams(
    Object.entries({ ...viewport, zoom: ZOOM, deadlineMs }).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]),
  );
  const { status, body } = await world.get(`/v1/map/estimates?${query.toString()}`, viewer);
  expect({ status, body: status === 200 ? 'ok' : body }).toEqual({ status: 200, body: 'ok' });
  return body as MapAnswer;
}

async function single(propertyId: string, viewer: Viewer = {}): Promise<Result> {
  return (await world.get(`/v1/estimates/${propertyId}?deadlineMs=3000`, viewer)).body as Result;
}

/** The result of one home by every call that can give it, which must be the same. */
async function everywhere(home: CityHome, viewer: Viewer): Promise<Result> {
  const [one, batch, onMap] = await Promise.all([
    single(home.propertyId, viewer),
    world.post('/v1/estimates:batchGet', { propertyIds: [home.propertyId], deadlineMs: 3000 }, viewer),
    map(here, viewer),
  ]);
  const [inBatch] = (batch.body as { results: Result[] }).results;
  const found = onMap.homes.find(({ result }) => result.propertyId === home.propertyId);
  expect(inBatch).toEqual(one);
  expect(found?.result).toEqual(one);
  return one;
}

const hits = async (source: 'hit' | 'warm_hit'): Promise<number> =>
  (await world.fleet.metrics('estimate-api')).sum('porchlight.estimate_api.items', { source });

beforeAll(async () => {
  world = await openWalkWorld();
  const [first, second] = quietTiles();
  if (!first || !second) throw new Error('the city has no two quiet tiles far from each other');
  [here, elsewhere] = [boundsOf(first.tile), boundsOf(second.tile)];
  homesHere = first.homes;
}, START_MS);

afterAll(async () => {
  await world?.close();
}, 60_000);

describe('the walk', () => {
  const sessionId = randomUUID();
  /** Distinct homes for what changes below, each in view. */
  const home = (index: number): CityHome => {
    const found = homesHere[index];
    if (!found) throw new Error(`there is no home ${index} in view`);
    return found;
  };

  /**
   * Homes that should have been warm and were not. Nobody pays for a home that is hidden from everybody, nor for one that was
   * on the screen (a forecast leaves those to the API) of a viewer who may not see it: the cache alone cannot answer for them.
   *
   * @param from the view that an anonymous session had before
   */
  const pendingAfter = (from: Viewport, { homes }: MapAnswer): string[] => {
    const isUnpaid = (each: CityHome): boolean => isHidden(each) || (isWithin(each, from) && !isForAnybody(each));
    const unpaid = new Set(world.homes(isUnpaid).map(({ propertyId }) => propertyId));
    const ids = homes.filter(({ result }) => result.status === 'pending').map(({ result }) => result.propertyId);
    return ids.filter((id) => !unpaid.has(id));
  };

  test('a viewport is answered, the missing ones within the deadline or pending, and all of them soon', async () => {
    const first = await map(here, { sessionId });
    expect(first.homes.length).toBeGreaterThanOrEqual(homesHere.length);
    for (const { result } of first.homes) {
      expect(['available', 'pending', 'none', 'restricted', 'withheld']).toContain(result.status);
    }
    await eventually(async () => expect((await map(here, { sessionId })).pending).toBe(0));
    expect(await single(home(0).propertyId)).toMatchObject({
      status: 'available',
      estimate: { valueUsd: home(0).valueUsd },
    });
  });

  test('the neighbours are in Redis before the map moves, and the next pan is answered from there', async () => {
    const east = shifted(here, PAN_WIDTHS);
    await eventually(async () => {
      const peeked = await map(east, {}, 0);
      expect(peeked.homes.length).toBeGreaterThan(0);
      expect(pendingAfter(here, peeked)).toEqual([]);
    });
    const before = await hits('warm_hit');
    const panned = await map(east, { sessionId }, 0);
    expect(pendingAfter(here, panned)).toEqual([]);
    expect(await hits('warm_hit')).toBeGreaterThan(before);
  });

  test('an MLS rule that turns stricter refuses everywhere a viewer who was allowed, and lifting it brings the value back', async () => {
    const { mlsId } = home(0);
    expect((await everywhere(home(0), {})).status).toBe('available');
    await world.writer.setRule({ mlsId: mlsId ?? '', activeLevel: 'verified', offMarketLevel: 'verified' });
    await eventually(async () => {
      expect(await everywhere(home(0), { role: 'registered' })).toEqual({
        propertyId: home(0).propertyId,
        status: 'restricted',
        requiredRole: 'verified',
      });
    });
    expect((await everywhere(home(0), { role: 'verified' })).status).toBe('available');
    await world.writer.setRule({ mlsId: mlsId ?? '', activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
    await eventually(async () => {
      expect(await everywhere(home(0), {})).toMatchObject({
        status: 'available',
        estimate: { valueUsd: home(0).valueUsd },
      });
    });
  }, 60_000);

  test('a home that its seller hides is withheld from every role, and comes back when the seller lifts it', async () => {
    const { propertyId } = home(1);
    await eventually(async () => expect((await single(propertyId)).status).toBe('available'));
    await world.writer.setOverride(propertyId, 'nobody');
    await eventually(async () => {
      for (const role of ROLES) expect(await everywhere(home(1), { role })).toEqual({ propertyId, status: 'withheld' });
    });
    await world.writer.setOverride(propertyId, null);
    await eventually(async () => expect((await everywhere(home(1), {})).status).toBe('available'));
  }, 60_000);

  test('a home that goes active does not keep its four hours', async () => {
    const { propertyId } = home(2);
    await eventually(async () => expect(await world.ttlMsOf(propertyId)).toBeGreaterThan(300_000));
    await world.writer.setStatus(propertyId, 'active');
    await eventually(async () => {
      expect((await single(propertyId)).status).toBe('available');
      const leftMs = await world.ttlMsOf(propertyId);
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(300_000);
    });
  });

  test('a revaluation shows the new value without a fetch', async () => {
    const { propertyId } = home(3);
    await eventually(async () => expect((await single(propertyId)).status).toBe('available'));
    const billed = async (): Promise<number> => {
      const { billedItems } = (await world.admin('/admin/meter')) as { billedItems: number };
      return billedItems;
    };
    // warm-ups of earlier steps must have come to rest, or their bill would count as ours
    const before = await eventually(async () => {
      const earlier = await billed();
      await new Promise((resolve) => setImmediate(resolve));
      expect(await world.redis.pttl('none')).toBe(-2);
      expect(await billed()).toBe(earlier);
      return earlier;
    });
    const revalued = await world.revalue(propertyId);
    await eventually(async () => expect((await single(propertyId)).estimate?.valueUsd).toBe(revalued.valueUsd));
    expect(await billed()).toBe(before);
  });

  test('a record that is not Avro is parked with its original bytes, and the partition moves on', async () => {
    const { propertyId } = home(4);
    const nonsense = Buffer.from(`not avro ${randomUUID()}`);
    await eventually(async () => expect((await single(propertyId)).status).toBe('available'));
    await world.publishRaw(topics.sellerOverrideChanged.name, propertyId, nonsense);
    const parked = await firstParked(deadLetterTopicOf('invalidator'), nonsense);
    expect(parked.key).toBe(propertyId);
    await world.writer.setOverride(propertyId, 'agent');
    await eventually(async () =>
      expect(await single(propertyId)).toEqual({ propertyId, status: 'restricted', requiredRole: 'agent' }),
    );
    await world.writer.setOverride(propertyId, null);
  });

  test('every app is killed once, the others stay as they were, and the walk goes on', async () => {
    for (const app of appNames) {
      const others = appNames.filter((name) => name !== app);
      const pids = others.map((name) => world.fleet.pid(name));
      const troubles = await troublesAtRest(others);
      await world.fleet.kill(app, 'SIGKILL');
      for (const other of others) {
        const { status } = await fetch(`${world.fleet.operationsUrl(other)}/readyz`);
        expect({ other, status }).toEqual({ other, status: 200 });
      }
      await world.fleet.restart(app);
      expect(others.map((name) => world.fleet.pid(name))).toEqual(pids);
      expect(await troublesAtRest(others)).toEqual(troubles);
    }
    const { propertyId } = home(5);
    await world.writer.setOverride(propertyId, 'nobody');
    await eventually(
      async () => expect(await single(propertyId, { role: 'agent' })).toEqual({ propertyId, status: 'withheld' }),
      30_000,
    );
    const west = shifted(elsewhere, -PAN_WIDTHS);
    await eventually(async () => {
      await map(elsewhere, { sessionId });
      expect(pendingAfter(elsewhere, await map(west, {}, 0))).toEqual([]);
    }, 30_000);
  }, 180_000);

  test('what cannot be asked is a problem with a stable code, and what does not exist says so', async () => {
    const codes = await Promise.all(
      [
        () => world.get('/v1/estimates/no-such-home'),
        () => world.get('/v1/estimates/not%20an%20id'),
        () =>
          world.post('/v1/estimates:batchGet', { propertyIds: Array.from({ length: 501 }, (_, index) => `p${index}`) }),
        () => world.post('/v1/estimates:batchGet', { propertyIds: ['p1'], deadlineMs: -1 }),
        () => world.get('/v1/map/estimates?west=-100&south=10&east=100&north=20&zoom=17'),
        () => world.get('/v1/map/estimates?west=-1&south=84&east=1&north=89&zoom=17'),
        () => world.get('/v1/map/estimates?west=NaN&south=10&east=1&north=20&zoom=17'),
        () => world.get('/v1/map/estimates?west=-1&south=10&east=1&north=11&zoom=9'),
      ].map(async (call) => {
        const { status, body } = await call();
        return `${status} ${(body as { code: string }).code}`;
      }),
    );
    expect(codes).toEqual([
      '404 unknown-property',
      '400 invalid-property-id',
      '400 too-many-ids',
      '400 invalid-deadline',
      '422 viewport-too-wide',
      '422 viewport-beyond-latitude',
      '400 viewport-not-a-number',
      '422 zoom-too-far',
    ]);
  });
});

/** Records that each app has parked or tried again, and what it has not finished. */
async function troublesOf(apps: readonly AppName[]): Promise<Record<string, number[]>> {
  const names = ['porchlight.stream.parked', 'porchlight.stream.retried', 'porchlight.stream.lag'] as const;
  const rows = apps.map(async (app) => {
    const metrics = await world.fleet.metrics(app);
    return [app, names.map((name) => metrics.sum(name))] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

/** The same when nothing is left to be done: what earlier steps have begun must not count as this one's doing. */
function troublesAtRest(apps: readonly AppName[]): Promise<Record<string, number[]>> {
  return eventually(async () => {
    const troubles = await troublesOf(apps);
    expect(Object.values(troubles).map(([, , lag]) => lag)).toEqual(apps.map(() => 0));
    return troubles;
  });
}

/** Reads a dead-letter topic from its beginning until the bytes come by. */
async function firstParked(topic: string, value: Buffer): Promise<{ key: string | undefined }> {
  const kafka = new Kafka({
    clientId: 'walk-reader',
    brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
    logLevel: logLevel.NOTHING,
  });
  const consumer = kafka.consumer({ groupId: `walk-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    let found: { key: string | undefined } | undefined;
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.value?.equals(value)) found = { key: message.key?.toString() };
      },
    });
    return await eventually(async () => {
      if (!found) throw new Error(`${topic} does not hold the record yet`);
      return found;
    });
  } finally {
    await consumer.disconnect();
  }
}
