import { levelAt, numberOf, type ViewerLevel } from './viewer-level.ts';
import { tileAt, type Point, type Viewport } from '@porchlight/geo';

/** A home as the index takes it. */
export interface IndexedHome extends Point {
  propertyId: string;
  isActive: boolean;
  /** The lowest role that may see its estimate. */
  level: ViewerLevel;
}

/** The homes of one viewport; numbers index the homes in order of id. */
export interface HomesInView {
  /** How many there are. */
  total: number;
  /** The first of them in order of id, at most the limit: what a map answer holds. */
  shown: Int32Array;
  /** One of all of them, `total` > 0. @param draw 0 <= draw < 1 */
  any(draw: number): number;
}

/** Every home of a city by place, in memory; what the map would answer, without asking it. */
export interface HomesIndex {
  readonly size: number;
  idOf(number: number): string;
  /** -1 for an id that no home has. */
  numberOf(propertyId: string): number;
  placeOf(number: number): Point;
  isActive(number: number): boolean;
  levelOf(number: number): ViewerLevel;
  /** Whether a home is near: in the same tile of NEAR_ZOOM. */
  isSettled(point: Point): boolean;
  homesIn(viewport: Viewport, limit: number): HomesInView;
  /** Settled tiles of a zoom, each with its homes. */
  settledTiles(zoom: number): readonly Int32Array[];
}

/** Cells of the index: some 70 homes each in a dense city. */
const CELL_ZOOM = 17;

/** A tile 1.2 km wide at the equator. */
const NEAR_ZOOM = 15;

const NO_HOMES = new Int32Array(0);

const cellOf = (x: number, y: number): number => y * 2 ** CELL_ZOOM + x;

/**
 * @param homes on one side of the antimeridian, in any order; ids sort as text, as the map's own order does
 */
export function createHomesIndex(homes: Iterable<IndexedHome>): HomesIndex {
  const sorted = [...homes].sort((a, b) => (a.propertyId < b.propertyId ? -1 : 1));
  const latitudes = Float64Array.from(sorted, ({ latitude }) => latitude);
  const longitudes = Float64Array.from(sorted, ({ longitude }) => longitude);
  const active = Uint8Array.from(sorted, ({ isActive }) => (isActive ? 1 : 0));
  const levels = Uint8Array.from(sorted, ({ level }) => numberOf(level));
  const ids = sorted.map(({ propertyId }) => propertyId);
  const numbers = new Map(ids.map((propertyId, number) => [propertyId, number]));
  const placeOf = (number: number): Point => ({
    latitude: latitudes[number] ?? NaN,
    longitude: longitudes[number] ?? NaN,
  });
  const cells = groupBy(ids.length, (number) => {
    const { x, y } = tileAt(placeOf(number), CELL_ZOOM);
    return cellOf(x, y);
  });
  const near = new Set<number>();
  for (const cell of cells.keys()) {
    const [x, y] = [cell % 2 ** CELL_ZOOM, Math.floor(cell / 2 ** CELL_ZOOM)];
    near.add(cellOf(x >> (CELL_ZOOM - NEAR_ZOOM), y >> (CELL_ZOOM - NEAR_ZOOM)));
  }
  // a calibration asks hundreds of times
  const tilesByZoom = new Map<number, readonly Int32Array[]>();
  const gather = gatherer({ cells, latitudes, longitudes });
  return {
    size: ids.length,
    idOf: (number) => ids[number] ?? '',
    numberOf: (propertyId) => numbers.get(propertyId) ?? -1,
    placeOf,
    isActive: (number) => active[number] === 1,
    levelOf: (number) => levelAt(levels[number] ?? 4),
    isSettled: (point) => {
      const { x, y } = tileAt(point, NEAR_ZOOM);
      return near.has(cellOf(x, y));
    },
    homesIn(viewport, limit) {
      const all = gather(viewport);
      return {
        total: all.length,
        shown: lowest(all, limit, ids.length),
        any: (draw) => all[Math.floor(draw * all.length)] ?? 0,
      };
    },
    settledTiles(zoom) {
      const known = tilesByZoom.get(zoom);
      if (known !== undefined) return known;
      const tiles = groupBy(ids.length, (number) => {
        const { x, y } = tileAt(placeOf(number), zoom);
        return y * 2 ** zoom + x;
      });
      const found = [...tiles.values()];
      tilesByZoom.set(zoom, found);
      return found;
    },
  };
}

interface Placed {
  cells: ReadonlyMap<number, Int32Array>;
  latitudes: Float64Array;
  longitudes: Float64Array;
}

/** Finds the homes of a viewport, in no order. */
function gatherer({ cells, latitudes, longitudes }: Placed): (viewport: Viewport) => Int32Array {
  const buffer = new Int32Array(latitudes.length);
  return ({ west, south, east, north }) => {
    const first = tileAt({ latitude: north, longitude: west }, CELL_ZOOM);
    const last = tileAt({ latitude: south, longitude: east }, CELL_ZOOM);
    let found = 0;
    for (let y = first.y; y <= last.y; y += 1) {
      for (let x = first.x; x <= last.x; x += 1) {
        for (const number of cells.get(cellOf(x, y)) ?? NO_HOMES) {
          // as isWithin does, without an object a home
          const [latitude, longitude] = [latitudes[number] ?? NaN, longitudes[number] ?? NaN];
          if (latitude > south && latitude <= north && longitude >= west && longitude < east) buffer[found++] = number;
        }
      }
    }
    return buffer.slice(0, found);
  };
}

function groupBy(count: number, keyOf: (number: number) => number): Map<number, Int32Array> {
  const lists = new Map<number, number[]>();
  for (let number = 0; number < count; number += 1) {
    const key = keyOf(number);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [number]);
    else list.push(number);
  }
  return new Map([...lists].map(([key, list]) => [key, Int32Array.from(list)]));
}

const BUCKETS = 512;

/** The lowest `limit` numbers in order; buckets first, since a wide view holds 16,000 homes and shows 500. */
function lowest(numbers: Int32Array, limit: number, size: number): Int32Array {
  if (numbers.length <= limit) return numbers.slice().sort();
  const width = Math.max(1, Math.ceil(size / BUCKETS));
  const counts = new Int32Array(BUCKETS + 1);
  for (const number of numbers) counts[Math.floor(number / width)]! += 1;
  let [bucket, taken] = [0, 0];
  while (taken < limit) taken += counts[bucket++] ?? 0;
  return numbers
    .filter((number) => number < bucket * width)
    .sort()
    .slice(0, limit);
}
