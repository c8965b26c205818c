import { describe, expect, test } from '@jest/globals';
import { viewportAround } from '@porchlight/geo';
import { simulateCacheAside, TALK_TTL } from './cache-aside.ts';
import { createHomesIndex } from './homes-index.ts';
import type { PlannedCall } from './planned-call.ts';
import type { ViewerRole } from './workload.ts';

/** Two homes in the west (a for sale, b not), two in the east (c hidden from all but agents, d). */
const west = { latitude: 47.6, longitude: -122.4 };
const east = { latitude: 47.6, longitude: -122.2 };
const homes = createHomesIndex([
  { propertyId: 'a', ...west, isActive: true, level: 'unregistered' },
  { propertyId: 'b', ...west, isActive: false, level: 'unregistered' },
  { propertyId: 'c', ...east, isActive: false, level: 'agent' },
  { propertyId: 'd', ...east, isActive: false, level: 'unregistered' },
]);

const session = { sessionId: 's', role: 'unregistered' as ViewerRole };
const map = (atMs: number, centre: typeof west, { limit = 500, role = session.role } = {}): PlannedCall => ({
  ...session,
  kind: 'map',
  act: 'pan',
  atMs,
  role,
  viewport: viewportAround(centre, { zoom: 17, widthPixels: 1280, heightPixels: 800 }),
  zoom: 17,
  limit,
});
const single = (atMs: number, propertyId: string): PlannedCall => ({ ...session, kind: 'single', atMs, propertyId });

const plain = { ...TALK_TTL, warmupMs: 0, measuredMs: 600_000, hidesFromViewers: false };

describe('the cache-aside twin', () => {
  test('hits what was asked for before, until its TTL is over: five minutes for a home on the market', () => {
    const plan = [
      map(0, west),
      map(1_000, west),
      single(2_000, 'c'),
      map(3_000, east),
      single(299_999, 'a'),
      single(300_000, 'a'),
    ];
    const result = simulateCacheAside(plan, homes, plain);
    // map: a, b miss; a, b hit; c hit, d miss. single: c misses, a hits, a has expired
    expect(result.mapItems).toBe(6);
    expect(result.itemHitRate).toBeCloseTo(3 / 6, 12);
    expect(result.singleHitRate).toBeCloseTo(1 / 3, 12);
    expect(result).toMatchObject({ mapCalls: 3, singleCalls: 3, itemsPerMapCall: 2, truncatedShare: 0 });
  });

  test('keeps homes off the market for four hours', () => {
    const later = [single(0, 'b'), single(14_399_999, 'b'), single(14_400_000, 'b')];
    expect(simulateCacheAside(later, homes, { ...plain, measuredMs: 15_000_000 }).singleHitRate).toBeCloseTo(1 / 3, 12);
  });

  test('counts only the measured window, and fills before it', () => {
    const plan = [map(0, west), map(1_000, west), map(9_999, west), map(20_000, west)];
    const result = simulateCacheAside(plan, homes, { ...plain, warmupMs: 1_000, measuredMs: 10_000 });
    expect(result).toMatchObject({ mapCalls: 2, mapItems: 4, itemHitRate: 1, homesCached: 2, mapCallsPerS: 0.2 });
  });

  test('asks only for the homes that the map shows', () => {
    const plan = [map(0, west, { limit: 1 }), single(1, 'a'), single(2, 'b')];
    const result = simulateCacheAside(plan, homes, plain);
    expect(result).toMatchObject({ mapItems: 1, truncatedShare: 1, singleHitRate: 0.5 });
  });

  test('with hidden homes fills only for a viewer who may see them', () => {
    const hiding = { ...plain, hidesFromViewers: true };
    const plan = [map(0, east), map(1, east), map(2, east, { role: 'agent' }), map(3, east)];
    // c, d miss; c misses again, d hits; the agent fills c, d hits; both hit
    expect(simulateCacheAside(plan, homes, hiding).itemHitRate).toBeCloseTo(4 / 8, 12);
    expect(simulateCacheAside(plan, homes, plain).itemHitRate).toBeCloseTo(6 / 8, 12);
  });
});
