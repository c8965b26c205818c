import { describe, expect, test } from '@jest/globals';
import { topics, type ViewportViewed, type WarmupCandidates } from '@porchlight/contracts';
import { boundsOf, parseTileKey, tileKey, type Tile } from '@porchlight/geo';
import { CatalogUnavailable, type PlacedProperty } from '@porchlight/property-catalog';
import { ManualClock, createTestRun, runTask, type TestRecord } from '@porchlight/stream';
import { CHUNK_HOMES_MAX, createForecaster } from './forecaster.task.ts';
import { alwaysBy, type PlanOf } from './session-plan.ts';
import type { ForecastStrategy } from './strategies/forecast-strategy.ts';
import { ring } from './strategies/ring.ts';
import { thinRing } from './strategies/thin-ring.ts';

/** One tile exactly: its ring is the eight tiles around. */
const HERE: Tile = { zoom: 16, x: 10_500, y: 22_900 };

const event = (fields: Partial<ViewportViewed> = {}): ViewportViewed => ({
  eventId: '0190a000-0000-7000-8000-000000000000',
  sessionKey: 's',
  viewport: boundsOf(HERE),
  zoom: 16,
  propertyIds: [],
  hitCount: 0,
  warmedHitCount: 0,
  missedCount: 0,
  pendingCount: 0,
  viewedAt: new ManualClock().now(),
  ...fields,
});
const record = (fields?: Partial<ViewportViewed>, key = 's'): TestRecord<ViewportViewed> => ({
  topic: topics.viewportViewed,
  key,
  value: event(fields),
});

const middleOf = (key: string) => {
  const { west, east, north, south } = boundsOf(parseTileKey(key));
  return { latitude: (north + south) / 2, longitude: (west + east) / 2 };
};

/** Every tile has as many homes as `homesAt` says, in its middle. */
function setUp(
  homesAt: (key: string) => number,
  {
    homesPerForecastMax = 400,
    strategy = ring,
    planOf = alwaysBy(strategy),
  }: { homesPerForecastMax?: number; strategy?: ForecastStrategy; planOf?: PlanOf } = {},
) {
  const counted: [string, number, string][] = [];
  const failures: Error[] = [];
  const tileHomes = {
    of: async (tiles: readonly Tile[]) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return new Map<string, PlacedProperty[]>(
        tiles.map(tileKey).map((key) => [
          key,
          Array.from({ length: homesAt(key) }, (_, at) => ({
            propertyId: `${key.replaceAll('/', '-')}-${at}`,
            ...middleOf(key),
          })),
        ]),
      );
    },
  };
  const task = createForecaster({
    planOf,
    tileHomes,
    homesPerForecastMax,
    count: (outcome, homes, strategy) => void counted.push([outcome, homes, strategy]),
  });
  // the test runner puts its records into the log before the group joins
  return { task: { ...task, startFrom: 'earliest' as const }, counted, failures, tileHomes };
}

const east = tileKey({ ...HERE, x: HERE.x + 1 });
const valuesOf = (sent: readonly { value: unknown }[]) => sent.map(({ value }) => value as WarmupCandidates);

describe('a settled viewport', () => {
  test('becomes candidates for the tiles around it, keyed by tile, and none for its own homes', async () => {
    const { task } = setUp(() => 1);
    const { sent } = await runTask(task, [record()]);
    expect(sent.map(({ key }) => key).sort()).toEqual(
      [-1, 0, 1]
        .flatMap((dx) => [-1, 0, 1].map((dy) => tileKey({ ...HERE, x: HERE.x + dx, y: HERE.y + dy })))
        .filter((key) => key !== tileKey(HERE))
        .sort(),
    );
    expect(sent.map(({ key }) => key)).toEqual(valuesOf(sent).map(({ tile }) => tile));
  });

  test('says who forecast, how likely, and until when, for every candidate of it under one id', async () => {
    const { task } = setUp((key) => (key === east ? 1 : 0));
    const { sent } = await runTask(task, [record()]);
    expect(valuesOf(sent)).toEqual([
      {
        forecastId: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        strategy: 'ring',
        tile: east,
        chunk: 0,
        propertyIds: [`${east.replaceAll('/', '-')}-0`],
        probability: 0.22,
        viewedAt: event().viewedAt,
        deadlineAt: event().viewedAt + 10_000,
      },
    ]);
  });

  test('splits a full tile into chunks of a hundred', async () => {
    const { task } = setUp((key) => (key === east ? 250 : 0));
    const { sent } = await runTask(task, [record()]);
    expect(valuesOf(sent).map(({ chunk, propertyIds }) => [chunk, propertyIds.length])).toEqual([
      [0, CHUNK_HOMES_MAX],
      [1, CHUNK_HOMES_MAX],
      [2, 50],
    ]);
  });

  test('costs no more homes than the budget, and says how many it cut', async () => {
    const { task, counted } = setUp(() => 100, { homesPerForecastMax: 150 });
    const { sent } = await runTask(task, [record()]);
    expect(valuesOf(sent).map(({ propertyIds }) => propertyIds.length)).toEqual([100, 50]);
    expect(counted).toEqual([
      ['sent', 150, 'ring'],
      ['cut', 650, 'ring'],
    ]);
  });

  test('gives the same forecast when it is delivered again, and another to the next viewport', async () => {
    const twice = await runTask(setUp(() => 1).task, [record(), record({}, 'another')]);
    const again = await runTask(setUp(() => 1).task, [record()]);
    const ids = valuesOf(twice.sent).map(({ forecastId }) => forecastId);
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toBe(valuesOf(again.sent)[0]?.forecastId);
  });
});

describe('what the flags say of a session', () => {
  test('decides by which strategy its viewports are forecast, and the record names it', async () => {
    const planOf: PlanOf = async (sessionKey) => ({ strategy: sessionKey === 'thin' ? thinRing : ring });
    const { task, counted } = setUp(() => 1, { planOf });
    const of = (sessionKey: string) => record({ sessionKey }, sessionKey);
    const { sent } = await runTask(task, [of('thin'), of('wide')]);
    expect(new Set(valuesOf(sent).map(({ strategy }) => strategy))).toEqual(new Set(['thin-ring', 'ring']));
    const names = counted.map(([outcome, , strategy]) => `${outcome} ${strategy}`);
    expect(names.sort()).toEqual(['cut ring', 'cut thin-ring', 'sent ring', 'sent thin-ring']);
  });

  test('lets a session go that is not warmed, and says why', async () => {
    const planOf: PlanOf = async () => ({ letGo: 'cache-warmup-off' });
    const { sent, dropped } = await runTask(setUp(() => 1, { planOf }).task, [record()]);
    expect([sent, dropped]).toEqual([[], ['cache-warmup-off']]);
  });
});

describe('a strategy that knows the next views', () => {
  test('is told where the session was before, once it has settled', async () => {
    const asked: unknown[] = [];
    const strategy: ForecastStrategy = {
      name: 'ring',
      cellsAfter: (event) => ring.cellsAfter(event),
      viewsAfter: (_event, previous) => {
        asked.push(previous);
        return [{ west: 0.6, south: 0, size: 1, probability: 0.5 }];
      },
    };
    const { task } = setUp(() => 1, { strategy });
    const other = boundsOf({ ...HERE, x: HERE.x + 2 });
    const run = createTestRun({ definitions: [task] });
    await run.startMember();
    for (const each of [record(), record({ viewport: other }), record({ sessionKey: 'another' }, 'another')]) {
      run.append(each);
      await run.settle();
    }
    const sent = await run.sent();
    await run.stop();
    expect(asked).toEqual([null, { viewport: boundsOf(HERE), zoom: 16 }, null]);
    const eastOf = (x: number): string => tileKey({ ...HERE, x: x + 1 });
    expect(sent.map(({ key }) => key)).toEqual([eastOf(HERE.x), eastOf(HERE.x + 2), eastOf(HERE.x)]);
    expect(valuesOf(sent).map(({ probability }) => probability)).toEqual([0.5, 0.5, 0.5]);
  });
});

describe('a viewport that is not forecast', () => {
  test.each([
    ['homes are not drawn at its zoom', { zoom: 14 }, 'homes-not-drawn'],
    ['no map can show it', { viewport: { west: 0, south: 2, east: 1, north: 1 } }, 'impossible-viewport'],
    ['it is far too large for its zoom', { viewport: { west: 0, south: 0, east: 3, north: 3 } }, 'too-many-tiles'],
  ])('because %s', async (_why, fields, reason) => {
    const { sent, dropped, parked } = await runTask(setUp(() => 1).task, [record(fields)]);
    expect({ sent, dropped, parked }).toEqual({ sent: [], dropped: [reason], parked: [] });
  });

  test('because its deadline is over', async () => {
    const viewedAt = event().viewedAt - 10_001;
    const { sent, dropped } = await runTask(setUp(() => 1).task, [record({ viewedAt })]);
    expect({ sent, dropped }).toEqual({ sent: [], dropped: ['late'] });
  });

  test('because nobody lives near', async () => {
    const { dropped } = await runTask(setUp(() => 0).task, [record()]);
    expect(dropped).toEqual(['nobody-lives-near']);
  });
});

test('a viewport whose tiles have to be read first holds up no other session', async () => {
  const { task, tileHomes } = setUp(() => 1);
  const read = tileHomes.of;
  const other = Promise.withResolvers<void>();
  let reads = 0;
  tileHomes.of = async (tiles) => {
    reads += 1;
    if (reads === 1) await other.promise;
    else other.resolve();
    return read(tiles);
  };
  const { sent } = await runTask(task, [record(), record({}, 'another')]);
  expect(new Set(valuesOf(sent).map(({ forecastId }) => forecastId)).size).toBe(2);
});

test('of the viewports of one session that wait, only the newest is forecast; the others are counted', async () => {
  const { task } = setUp((key) => (key === tileKey(HERE) ? 0 : 1));
  const viewedAt = event().viewedAt;
  const moves = [3, 2, 1, 0].map((agoMs) => record({ viewedAt: viewedAt - agoMs }));
  const { sent, dropped } = await runTask(task, [...moves, record({ viewedAt: viewedAt - 9 }, 'another')]);
  expect(new Set(valuesOf(sent).map((each) => each.viewedAt))).toEqual(new Set([viewedAt, viewedAt - 9]));
  expect(dropped).toEqual(['superseded', 'superseded', 'superseded']);
});

test('a database that is down holds the viewport back and loses nothing', async () => {
  const { task, failures } = setUp((key) => (key === east ? 1 : 0));
  failures.push(new CatalogUnavailable('told to be'));
  const { sent, retried, parked } = await runTask(task, [record()]);
  expect(retried).toEqual(['CATALOG_UNAVAILABLE']);
  expect(sent.map(({ key }) => key)).toEqual([east]);
  expect(parked).toEqual([]);
});
