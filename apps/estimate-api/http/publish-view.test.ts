import { expect, test } from '@jest/globals';
import { BATCH, VIEW } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { settle } from '../testing/reading-bench.ts';

const openBench = apiBenchesOfFile();

test('an answered map call publishes one, with what was hit, missed and pending', async () => {
  const { app, events, home, plant, clock, source } = await openBench();
  for (const id of ['p2', 'p3', 'p4']) home(id);
  await plant('p2');
  await plant('p3', { class: 'w' });
  source.hold();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const headers = { 'x-session-id': 'session-of-ada', traceparent };
  const answer = app.inject({ url: `/v1/map/estimates?${VIEW}`, headers });
  await settle();
  await clock.advance(250);
  expect((await answer).statusCode).toBe(200);
  expect(events).toEqual([
    {
      event: {
        eventId: expect.stringMatching(/^018bcfe5-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as unknown,
        sessionKey: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) as unknown,
        viewport: { west: -122.31, south: 47.59, east: -122.29, north: 47.61 },
        zoom: 16,
        propertyIds: ['p1', 'p2', 'p3', 'p4'],
        hitCount: 2,
        warmedHitCount: 1,
        missedCount: 2,
        pendingCount: 2,
        viewedAt: clock.now(),
      },
      traceparent: undefined, // nothing is traced here, and what a caller names is not passed on unseen
    },
  ]);
});

test('carries the same key for one session, another for another, a new one each time without; never the id', async () => {
  const { app, events } = await openBench();
  for (const session of ['ada', 'ada', 'bob', undefined, undefined]) {
    const headers = session === undefined ? {} : { 'x-session-id': session };
    await app.inject({ url: `/v1/map/estimates?${VIEW}`, headers });
  }
  const keys = events.map(({ event }) => event.sessionKey);
  expect(keys[0]).toBe(keys[1]);
  expect(new Set(keys).size).toBe(4);
  expect(JSON.stringify(events)).not.toMatch(/ada|bob/);
});

test('a batch publishes one if it says what is looked at; single gets and refused calls publish none', async () => {
  const { app, events } = await openBench();
  const viewport = { west: -1, south: -1, east: 1, north: 1 };
  const batch = (payload: object) => app.inject({ method: 'POST', url: BATCH, payload });
  await batch({ propertyIds: ['p1', 'ghost', 'p1'] });
  await app.inject('/v1/estimates/p1');
  await app.inject(`/v1/map/estimates?${VIEW}&limit=0`);
  await app.inject(`/v1/map/density?${VIEW}`);
  expect(events).toEqual([]);
  await batch({ propertyIds: ['p1', 'ghost', 'p1'], viewport, zoom: 17 });
  expect(events.map(({ event }) => [event.propertyIds, event.hitCount, event.missedCount, event.zoom])).toEqual([
    [['p1'], 1, 0, 17],
  ]);
});

test('an empty viewport is a view too', async () => {
  const { app, events } = await openBench();
  await app.inject('/v1/map/estimates?west=10&south=10&east=10.01&north=10.01&zoom=16');
  expect(events.map(({ event }) => [event.propertyIds, event.missedCount])).toEqual([[[], 0]]);
});
