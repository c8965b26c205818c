import type { Point, Viewport } from '@porchlight/geo';
import { CliError } from '../cli-error.ts';

type Position = readonly [longitude: number, latitude: number];
type Ring = readonly Position[];

/** The ground of one ZIP code: polygons, each an outer ring and its holes. */
export interface ZipArea {
  readonly bounds: Viewport;
  readonly contains: (place: Point) => boolean;
}

/** As the Census Bureau's files and most others call a ZIP code. */
const NAMES = ['ZCTA5CE20', 'ZCTA5CE10', 'GEOID20', 'zip', 'ZIP', 'zipcode', 'postalCode'];

interface Feature {
  readonly properties?: Readonly<Record<string, unknown>> | null;
  readonly geometry?: { readonly type?: unknown; readonly coordinates?: unknown } | null;
}

const polygonsOf = ({ geometry }: Feature): readonly (readonly Ring[])[] => {
  if (geometry?.type === 'Polygon') return [geometry.coordinates as readonly Ring[]];
  return geometry?.type === 'MultiPolygon' ? (geometry.coordinates as readonly (readonly Ring[])[]) : [];
};

/** A ray to the east crosses the edge of what it begins in an odd number of times. */
const isInRing = ({ latitude, longitude }: Point, ring: Ring): boolean =>
  ring.reduce((inside, [x, y], at) => {
    const [beforeX, beforeY] = ring[(at + ring.length - 1) % ring.length] ?? [x, y];
    const crosses = y > latitude !== beforeY > latitude;
    return crosses && longitude < ((beforeX - x) * (latitude - y)) / (beforeY - y) + x ? !inside : inside;
  }, false);

const isInPolygon = (place: Point, rings: readonly Ring[]): boolean =>
  rings.filter((ring) => isInRing(place, ring)).length % 2 === 1;

function featuresIn(text: string, from: string): readonly Feature[] {
  try {
    const { features } = JSON.parse(text) as { readonly features?: readonly Feature[] };
    if (Array.isArray(features)) return features as readonly Feature[];
  } catch {
    // Said below, as for JSON that is something else.
  }
  throw new CliError('FILE_UNREADABLE', `${from} is no GeoJSON FeatureCollection`);
}

/**
 * @param text a GeoJSON FeatureCollection with a polygon for each ZIP code
 * @throws {CliError} FILE_UNREADABLE if it is none, REGION_INVALID if it has no such code
 */
export function zipArea(text: string, zip: string, from: string): ZipArea {
  const features = featuresIn(text, from);
  const polygons = features
    .filter(({ properties }) => NAMES.some((name) => properties?.[name] === zip))
    .flatMap(polygonsOf);
  const places = polygons.flat(2);
  if (places.length === 0)
    throw new CliError(
      'REGION_INVALID',
      `${from} has no polygon of the ZIP code ${zip} (looked at ${NAMES.join(', ')})`,
    );
  const [longitudes, latitudes] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b));
  const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b));
  return {
    bounds: { west: least(longitudes), south: least(latitudes), east: most(longitudes), north: most(latitudes) },
    contains: (place) => polygons.some((rings) => isInPolygon(place, rings)),
  };
}
