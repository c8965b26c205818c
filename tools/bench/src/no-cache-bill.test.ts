import { expect, test } from '@jest/globals';
import { createHomesIndex, type PlannedCall } from '@porchlight/traffic';
import { leastBill } from './no-cache-bill.ts';

const homes = createHomesIndex(
  Array.from({ length: 250 }, (_, at) => ({
    propertyId: `h${String(at).padStart(3, '0')}`,
    latitude: 47.6,
    longitude: -122.3 + at / 1_000,
    isActive: false,
    level: at === 7 ? ('agent' as const) : ('unregistered' as const),
  })),
);
const session = { sessionId: 's', role: 'unregistered' } as const;
/** A view of the homes from one number up to another. */
const viewOf = (atMs: number, from: number, to: number): PlannedCall => ({
  ...session,
  atMs,
  kind: 'map',
  act: 'pan',
  viewport: { west: -122.3 + (from - 0.5) / 1_000, south: 47, east: -122.3 + (to - 0.5) / 1_000, north: 48 },
  zoom: 16,
  limit: 500,
});

test('a home is paid for once, and not at all if the time before the window needed it', () => {
  const plan = [viewOf(0, 0, 50), viewOf(10, 40, 90), viewOf(20, 60, 200)];
  expect(leastBill(plan, homes, { countFromMs: 10 })).toEqual({ billedRequests: 2, billedItems: 150 });
});

test('what the viewer may not see is not paid for, and who opens a home pays for it as a map does', () => {
  const opened: PlannedCall = { ...session, atMs: 5, kind: 'single', propertyId: 'h249' };
  expect(leastBill([viewOf(0, 0, 10), opened], homes, { countFromMs: 0 })).toEqual({
    billedRequests: 1,
    billedItems: 10,
  });
});
