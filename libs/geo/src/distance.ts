import type { Point } from './mercator.ts';

/** Mean radius of the Earth (IUGG R1). */
export const EARTH_RADIUS_METERS = 6_371_008.8;

const radiansOf = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance between two points, in meters: 0 to half the Earth's girth. @source haversine formula */
export function metersBetween(a: Point, b: Point): number {
  const halfNorth = radiansOf(b.latitude - a.latitude) / 2;
  const halfEast = radiansOf(b.longitude - a.longitude) / 2;
  const chord =
    Math.sin(halfNorth) ** 2 +
    Math.cos(radiansOf(a.latitude)) * Math.cos(radiansOf(b.latitude)) * Math.sin(halfEast) ** 2;
  // rounding can push the chord of two antipodes past 1
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.sqrt(Math.min(1, chord)));
}
