import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { boundsOf, tileKey, viewportAround, type Tile } from '@porchlight/geo';
import { openRealStream, renamedTopics, untilTrue, type RealStream } from '@porchlight/stream-app/testing';
import { createForecaster } from './forecaster.task.ts';
import { alwaysBy } from './session-plan.ts';
import { thinRing } from './strategies/thin-ring.ts';

const streams = renamedTopics({
  input: topics.viewportViewed,
  output: topics.warmupCandidates,
  state: topics.forecasterChangelog,
});
const viewport = viewportAround(
  { latitude: 47.66, longitude: -122.35 },
  { zoom: 17, widthPixels: 1_280, heightPixels: 800 },
);

/** One home in the middle of each tile. */
const homeIn = (tile: Tile) => {
  const { west, east, north, south } = boundsOf(tile);
  const propertyId = tileKey(tile).replaceAll('/', '-');
  return { propertyId, latitude: (north + south) / 2, longitude: (west + east) / 2 };
};

let stream: RealStream;

beforeAll(async () => {
  stream = await openRealStream(Object.values(streams));
  const forecaster = createForecaster({
    planOf: alwaysBy(thinRing),
    tileHomes: { of: async (tiles) => new Map(tiles.map((tile) => [tileKey(tile), [homeIn(tile)]])) },
    homesPerForecastMax: 20,
    count: () => undefined,
    streams,
  });
  // the record of this test may be written before the group's position at the end is known
  await stream.start([{ ...forecaster, startFrom: 'earliest' }]);
});
afterAll(() => stream?.close());

test('a settled viewport becomes candidates by tile, as many as the budget allows', async () => {
  const viewedAt = Date.now();
  await stream.publish(streams.input, 'session', {
    eventId: '0190a000-0000-7000-8000-000000000000',
    sessionKey: 'session',
    viewport,
    zoom: 17,
    propertyIds: [],
    hitCount: 0,
    warmedHitCount: 0,
    missedCount: 0,
    pendingCount: 0,
    viewedAt,
  });
  await untilTrue('the candidates', async () => (await stream.valuesOf(streams.output)).length >= 20);
  // at least once: a record may come again, with the same content
  const sent = [...new Map((await stream.valuesOf(streams.output)).map((each) => [each.key, each])).values()];
  expect(sent.length).toBe(20);
  expect(sent.map(({ key, value }) => [key, value.propertyIds])).toEqual(
    sent.map(({ value }) => [value.tile, [value.tile.replaceAll('/', '-')]]),
  );
  expect(new Set(sent.map(({ value }) => `${value.forecastId} ${value.deadlineAt}`)).size).toBe(1);
  expect(sent[0]?.value.deadlineAt).toBe(viewedAt + 10_000);
});
