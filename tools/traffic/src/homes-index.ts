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
  const near = new Set(
    ids.map((_, number) => {
      const { x, y } = tileAt(placeOf(number), NEAR_ZOOM);
      return cellOf(x, y);
    }),
  );
  // a calibration asks hundreds of times
  const tilesByZoom = new Map<number, readonly Int32Array[]>();
  const gather = gatherer(latitudes, longitudes);
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

/** Homes row by row of cells, in each row from west to east; in one cell by number. */
interface Rows {
  numbers: Int32Array;
  /** The column of each of them. */
  columns: Int32Array;
  /** Where a row begins and ends, by its y. */
  bounds: ReadonlyMap<number, { start: number; end: number }>;
}

function rowsOf(latitudes: Float64Array, longitudes: Float64Array): Rows {
  const cells = Float64Array.from(latitudes, (latitude, number) => {
    const { x, y } = tileAt({ latitude, longitude: longitudes[number] ?? NaN }, CELL_ZOOM);
    return cellOf(x, y);
  });
  const numbers = Int32Array.from(cells.keys()).sort((a, b) => (cells[a] ?? 0) - (cells[b] ?? 0) || a - b);
  const columns = numbers.map((number) => (cells[number] ?? 0) % 2 ** CELL_ZOOM);
  const bounds = new Map<number, { start: number; end: number }>();
  numbers.forEach((number, at) => {
    const y = Math.floor((cells[number] ?? 0) / 2 ** CELL_ZOOM);
    bounds.set(y, { start: bounds.get(y)?.start ?? at, end: at + 1 });
  });
  return { numbers, columns, bounds };
}

/** The first place from `start` whose column is `column` or more. */
function firstAt(columns: Int32Array, column: number, { start, end }: { start: number; end: number }): number {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((columns[middle] ?? 0) < column) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Finds the homes of a viewport, row by row of cells: a wide view has thousands of cells and some dozen rows. */
function gatherer(latitudes: Float64Array, longitudes: Float64Array): (viewport: Viewport) => Int32Array {
  const { numbers, columns, bounds } = rowsOf(latitudes, longitudes);
  const buffer = new Int32Array(latitudes.length);
  return ({ west, south, east, north }) => {
    const first = tileAt({ latitude: north, longitude: west }, CELL_ZOOM);
    const last = tileAt({ latitude: south, longitude: east }, CELL_ZOOM);
    let found = 0;
    for (let y = first.y; y <= last.y; y += 1) {
      const row = bounds.get(y);
      if (row === undefined) continue;
      for (let at = firstAt(columns, first.x, row); at < row.end && (columns[at] ?? 0) <= last.x; at += 1) {
        const number = numbers[at] ?? 0;
        // as isWithin does, without an object a home
        const [latitude, longitude] = [latitudes[number] ?? NaN, longitudes[number] ?? NaN];
        if (latitude > south && latitude <= north && longitude >= west && longitude < east) buffer[found++] = number;
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
  // not Math.floor: in Jest's sandbox each look at a global costs a call
  for (const number of numbers) counts[(number / width) | 0]! += 1;
  let [bucket, taken] = [0, 0];
  while (taken < limit) taken += counts[bucket++] ?? 0;
  return numbers
    .filter((number) => number < bucket * width)
    .sort()
    .slice(0, limit);
}
