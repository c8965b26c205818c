import type { Point } from './mercator.ts';
import { tileAt, type Tile } from './tile.ts';

/**
 * The zoom of the stored codes: a tile is 9.5 m wide at the equator there, finer than homes lie apart, and a code has
 * 44 bits, so that it also fits a double.
 */
export const MORTON_ZOOM = 22;

const HALF_BITS = 11;
const HALF_MASK = 2 ** HALF_BITS - 1;

/** A range of Morton codes: `from` belongs to it, `to` does not. */
export interface MortonRange {
  from: bigint;
  to: bigint;
}

/** Puts a zero before each of the low 11 bits. */
function spread(bits: number): number {
  let wide = bits & HALF_MASK;
  wide = (wide | (wide << 8)) & 0x00ff00ff;
  wide = (wide | (wide << 4)) & 0x0f0f0f0f;
  wide = (wide | (wide << 2)) & 0x33333333;
  return (wide | (wide << 1)) & 0x55555555;
}

/** Interleaves the bits of x and y, y's first; in two halves, since a bit operation has only 32 bits. */
function interleave(x: number, y: number): bigint {
  const low = spread(x) | (spread(y) << 1);
  const high = spread(x >>> HALF_BITS) | (spread(y >>> HALF_BITS) << 1);
  return BigInt(high * 2 ** (2 * HALF_BITS) + low);
}

/**
 * The place of a point along the Z-order curve of zoom 22: homes of one tile lie side by side, at every zoom.
 *
 * @returns 0 .. 2^44 - 1
 * @throws {OffTheMap} if the point is outside the map
 * @source G. M. Morton, 1966
 */
export function mortonOf(point: Point): bigint {
  const { x, y } = tileAt(point, MORTON_ZOOM);
  return interleave(x, y);
}

/**
 * The codes of the points in a tile: one contiguous range, so one range scan of a b-tree answers a tile.
 *
 * @throws {RangeError} for a tile deeper than MORTON_ZOOM: a code does not tell its points apart
 */
export function mortonRangeOf({ zoom, x, y }: Tile): MortonRange {
  if (!(zoom <= MORTON_ZOOM)) throw new RangeError(`zoom ${zoom} is deeper than the codes (${MORTON_ZOOM})`);
  const size = 1n << BigInt(2 * (MORTON_ZOOM - zoom));
  const from = interleave(x, y) * size;
  return { from, to: from + size };
}
