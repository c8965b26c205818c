import { OffTheMap } from './off-the-map.ts';

/** WGS 84 degrees. */
export interface Point {
  latitude: number;
  longitude: number;
}

/** A place on the square web Mercator world: `x` counts east from 180° W, `y` south from the top edge, both 0..1. */
export interface WorldPlace {
  x: number;
  y: number;
}

/** Where the square map ends, in degrees; the exact edge is a millionth of a degree farther. */
export const LATITUDE_MAX = 85.0511;
export const LONGITUDE_MAX = 180;

/** The deepest zoom that this lib counts in: a tile is 0.6 m wide there, and indexes still fit in 32 bits. */
export const ZOOM_MAX = 26;

const degreesOf = (radians: number): number => (radians * 180) / Math.PI;
const radiansOf = (degrees: number): number => (degrees * Math.PI) / 180;

/** Whether a point is on the map: finite, within ±LATITUDE_MAX and ±LONGITUDE_MAX. */
export function isOnMap({ latitude, longitude }: Point): boolean {
  // written so that NaN is refused too
  return Math.abs(latitude) <= LATITUDE_MAX && Math.abs(longitude) <= LONGITUDE_MAX;
}

/**
 * Projects a point on the unit square.
 *
 * @throws {OffTheMap} if a coordinate is not a number or outside the map
 * @source EPSG:3857 (spherical Mercator)
 */
export function worldPlaceOf(point: Point): WorldPlace {
  if (!isOnMap(point)) throw new OffTheMap(point.latitude, point.longitude);
  const sine = Math.sin(radiansOf(point.latitude));
  return { x: (point.longitude + 180) / 360, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

/** The longitude of a world `x` within 0..1. */
export function longitudeOf(x: number): number {
  return x * 360 - 180;
}

/** The latitude of a world `y`, held within ±LATITUDE_MAX. */
export function latitudeOf(y: number): number {
  const latitude = degreesOf(Math.atan(Math.sinh(Math.PI * (1 - 2 * y))));
  return Math.min(LATITUDE_MAX, Math.max(-LATITUDE_MAX, latitude));
}

/** How many tiles wide the world is. @throws {RangeError} for a zoom that is not an integer 0..ZOOM_MAX: a caller's bug */
export function tilesAcross(zoom: number): number {
  if (!Number.isInteger(zoom) || zoom < 0 || zoom > ZOOM_MAX)
    throw new RangeError(`zoom ${zoom} is not 0..${ZOOM_MAX}`);
  return 2 ** zoom;
}
