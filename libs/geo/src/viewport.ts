import {
  LATITUDE_MAX,
  latitudeOf,
  LONGITUDE_MAX,
  longitudeOf,
  tilesAcross,
  worldPlaceOf,
  type Point,
} from './mercator.ts';
import { TILE_PIXELS } from './tile.ts';

/** What is on the screen, in WGS 84 degrees. `west` > `east` crosses the antimeridian. */
export interface Viewport {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Below this zoom no home is drawn, so none is asked for: clients ask for density instead. */
export const MAP_ZOOM_MIN = 15;

/** A viewport wider than this has two readings across the antimeridian; it is refused. */
export const VIEWPORT_DEGREES_WIDE_MAX = 180;

/** Why a viewport cannot be answered; the texts are stable and go out as problem codes. */
export type ViewportProblem =
  | 'viewport-not-a-number'
  | 'viewport-beyond-latitude'
  | 'viewport-beyond-longitude'
  | 'viewport-empty'
  | 'viewport-too-wide';

/** The viewport's width in degrees, 0..360; across the antimeridian too. */
export function degreesWide({ west, east }: Viewport): number {
  return west > east ? east - west + 360 : east - west;
}

/**
 * What is wrong with a viewport, or null if it may be asked for.
 *
 * @returns the first of: a value that is not finite; a latitude beyond ±LATITUDE_MAX; a longitude beyond ±180;
 *          no area (`south` >= `north`, or no width); wider than 180 degrees
 */
export function viewportProblem(viewport: Viewport): ViewportProblem | null {
  const { west, south, east, north } = viewport;
  if (![west, south, east, north].every(Number.isFinite)) return 'viewport-not-a-number';
  if (Math.abs(south) > LATITUDE_MAX || Math.abs(north) > LATITUDE_MAX) return 'viewport-beyond-latitude';
  if (Math.abs(west) > LONGITUDE_MAX || Math.abs(east) > LONGITUDE_MAX) return 'viewport-beyond-longitude';
  if (south >= north || degreesWide(viewport) === 0) return 'viewport-empty';
  return degreesWide(viewport) > VIEWPORT_DEGREES_WIDE_MAX ? 'viewport-too-wide' : null;
}

/**
 * Whether a point is on the screen.
 *
 * Like a tile, a viewport owns its west and north edges and not its east and south ones: two that touch share no home.
 */
export function isWithin({ latitude, longitude }: Point, { west, south, east, north }: Viewport): boolean {
  if (!(latitude > south && latitude <= north)) return false;
  return west > east ? longitude >= west || longitude < east : longitude >= west && longitude < east;
}

/** The middle of the screen: halfway in degrees east to west, halfway on the Mercator map north to south. */
export function centreOf(viewport: Viewport): Point {
  const top = worldPlaceOf({ latitude: viewport.north, longitude: 0 }).y;
  const bottom = worldPlaceOf({ latitude: viewport.south, longitude: 0 }).y;
  const longitude = viewport.west + degreesWide(viewport) / 2;
  return {
    latitude: latitudeOf((top + bottom) / 2),
    longitude: longitude > LONGITUDE_MAX ? longitude - 360 : longitude,
  };
}

/**
 * What a screen shows around a point.
 *
 * @param centre where the screen's middle is; at the map's north or south end the viewport is cut there
 * @param screen zoom 0..26, and the screen's size in CSS pixels (256 a tile)
 * @throws {OffTheMap} if the centre is outside the map
 */
export function viewportAround(
  centre: Point,
  { zoom, widthPixels, heightPixels }: { zoom: number; widthPixels: number; heightPixels: number },
): Viewport {
  const worldPixels = tilesAcross(zoom) * TILE_PIXELS;
  const { x, y } = worldPlaceOf(centre);
  const [halfWide, halfHigh] = [widthPixels / worldPixels / 2, heightPixels / worldPixels / 2];
  // ((x % 1) + 1) % 1 brings an edge beyond the antimeridian back to the other side
  const wrapped = (edge: number): number => longitudeOf(edge < 0 || edge > 1 ? ((edge % 1) + 1) % 1 : edge);
  return {
    west: wrapped(x - halfWide),
    south: latitudeOf(Math.min(1, y + halfHigh)),
    east: wrapped(x + halfWide),
    north: latitudeOf(Math.max(0, y - halfHigh)),
  };
}
