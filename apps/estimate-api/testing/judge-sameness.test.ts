import { describe, expect, test } from '@jest/globals';
import { bytesOfHome, judgeSameness, type HomeState, type Sighting } from './judge-sameness.ts';

const STATES: readonly HomeState[] = [
  { bytes: 'first', begunAt: -Infinity, acknowledgedAt: 0 },
  { bytes: 'hidden', begunAt: 100, acknowledgedAt: 110 },
  { bytes: 'second', begunAt: 200, acknowledgedAt: 210 },
];
const TELLERS = ['single', 'stream'];
const seen = (bytes: string, askedAt: number, toldAt: number, teller = 'single'): Sighting => ({
  teller,
  askedAt,
  toldAt,
  bytes,
});
/** Every teller is heard between any two changes. */
const SOUND = TELLERS.flatMap((teller) => [
  seen('first', 10, 20, teller),
  seen('hidden', 120, 130, teller),
  seen('second', 220, 230, teller),
]);

const judged = (...more: Sighting[]) => judgeSameness(STATES, [...SOUND, ...more], TELLERS).violations;

test('who says what is, is right, and whoever overlaps a change may say either', () => {
  expect(judgeSameness(STATES, SOUND, TELLERS)).toEqual({ violations: [], betweenChanges: 6 });
  expect(
    judged(seen('first', 105, 130), seen('hidden', 90, 101), seen('first', 90, 300), seen('second', 150, 205)),
  ).toEqual([]);
});

describe('is caught:', () => {
  test.each([
    ['an older state after the newer was acknowledged', seen('first', 111, 130), 'older than may be'],
    ['the older one even while the next change is under way', seen('first', 150, 205), 'older than may be'],
    ['a newer state before it was begun', seen('second', 120, 190), 'newer than can be'],
    ['the value of a hidden home', seen('second', 130, 140), 'newer than can be'],
    ['bytes that were printed again', seen('{"first": 1}', 10, 20), 'bytes of no state'],
    ['bytes of no state while a change is under way', seen('fir', 100, 110), 'bytes of no state'],
  ])('%s', (_what, sighting, why) => {
    expect(judged(sighting)).toEqual([expect.stringContaining(why)]);
  });

  test('a teller that is never heard between two changes', () => {
    const quiet = SOUND.filter(({ teller, bytes }) => teller !== 'stream' || bytes !== 'hidden');
    expect(judgeSameness(STATES, quiet, TELLERS).violations).toEqual(['stream: not heard in state 1']);
  });

  test('a teller that only ever says that it does not know yet', () => {
    const pending = SOUND.map((each) => (each.teller === 'stream' ? { ...each, bytes: '{"status":"pending"}' } : each));
    expect(judgeSameness(STATES, pending, TELLERS).violations).toHaveLength(3);
  });
});

test.each([
  ['a single answer', '{"propertyId":"a","status":"none"}'],
  ['a batch', '{"results":[{"propertyId":"b","status":"none"},{"propertyId":"a","status":"none"}],"pending":0}'],
  ['a map', '{"homes":[{"latitude":1,"longitude":2,"result":{"propertyId":"a","status":"none"}}],"truncated":false}'],
  ['events', 'event: result\ndata: {"propertyId":"a","status":"none"}\n\nevent: end\ndata: {"pending":0}\n\n'],
])('cuts the bytes of a home out of %s', (_form, answer) => {
  expect(bytesOfHome(answer, 'a')).toBe('{"propertyId":"a","status":"none"}');
});

test('cuts at the brace that closes it, whatever its texts hold, and finds nothing where it is not', () => {
  const odd = '{"propertyId":"a","estimate":{"note":"}\\"{"},"more":[{}]}';
  expect([bytesOfHome(`[${odd},{}]`, 'a'), bytesOfHome(odd, 'b'), bytesOfHome('{"propertyId":"a"', 'a')]).toEqual([
    odd,
    null,
    null,
  ]);
});
