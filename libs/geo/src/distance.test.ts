import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EARTH_RADIUS_METERS, metersBetween } from './index.ts';
import { points } from './testing/places.ts';

test('a degree along the equator is 111.195 km, and antipodes are half the girth apart', () => {
  expect(metersBetween({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 1 })).toBeCloseTo(111_195.08, 1);
  expect(metersBetween({ latitude: 0, longitude: -90 }, { latitude: 0, longitude: 90 })).toBeCloseTo(
    Math.PI * EARTH_RADIUS_METERS,
    3,
  );
});

test('Seattle to Portland is 234 km', () => {
  const meters = metersBetween(
    { latitude: 47.6062, longitude: -122.3321 },
    { latitude: 45.5152, longitude: -122.6784 },
  );
  expect(Math.round(meters / 1000)).toBe(234);
});

// the formula loses up to half a meter between antipodes, hence the one meter
test('distance is the same both ways, never negative, and no detour is shorter', () => {
  fc.assert(
    fc.property(points, points, points, (a, b, c) => {
      expect(metersBetween(a, b)).toBeCloseTo(metersBetween(b, a), 6);
      expect(metersBetween(a, a)).toBe(0);
      expect(metersBetween(a, b)).toBeLessThanOrEqual(metersBetween(a, c) + metersBetween(c, b) + 1);
    }),
  );
});
