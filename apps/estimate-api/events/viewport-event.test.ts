import { expect, test } from '@jest/globals';
import { memorySerde, topics } from '@porchlight/contracts';
import type { HomeResult } from '../reading/index.ts';
import { viewportEventOf } from './viewport-event.ts';

const result = (propertyId: string, fields: Partial<HomeResult> = {}): HomeResult => ({
  propertyId,
  status: 'available',
  requiredRole: null,
  estimateJson: null,
  source: 'hit',
  ...fields,
});
const view = (results: HomeResult[]) =>
  viewportEventOf(
    { sessionKey: 's', viewport: { west: 1, south: 2, east: 3, north: 4 }, zoom: 16, results, viewedAt: 5 },
    'e',
  );

test('names the first 500 homes in order of id and counts all', () => {
  const ids = Array.from({ length: 600 }, (_, at) => `h${String(at).padStart(3, '0')}`);
  const event = view([...ids].reverse().map((id) => result(id)));
  expect([event.propertyIds, event.hitCount]).toEqual([ids.slice(0, 500), 600]);
});

test('counts by where answers came from; restricted ones too, unknown ones nowhere', () => {
  expect(
    view([
      result('a'),
      result('b', { source: 'warm_hit', status: 'restricted', requiredRole: 'agent' }),
      result('c', { source: 'miss', status: 'none' }),
      result('d', { source: 'miss', status: 'pending' }),
      result('ghost', { source: 'miss', status: 'unknown' }),
    ]),
  ).toEqual({
    eventId: 'e',
    sessionKey: 's',
    viewport: { west: 1, south: 2, east: 3, north: 4 },
    zoom: 16,
    propertyIds: ['a', 'b', 'c', 'd'],
    hitCount: 2,
    warmedHitCount: 1,
    missedCount: 2,
    pendingCount: 1,
    viewedAt: 5,
  });
});

test('a home that was asked for twice counts once, in order of id', () => {
  const { propertyIds, hitCount, missedCount } = view([result('b'), result('a', { source: 'miss' }), result('b')]);
  expect([propertyIds, hitCount, missedCount]).toEqual([['a', 'b'], 1, 1]);
});

test('fits the schema of the topic', async () => {
  const serde = memorySerde();
  const event = view([result('a'), result('b', { source: 'miss' })]);
  expect(await serde.decode(topics.viewportViewed, serde.encode(topics.viewportViewed, event))).toEqual(event);
});
