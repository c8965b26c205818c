import { BadTileKey } from './bad-tile-key.ts';
import { latitudeOf, longitudeOf, tilesAcross, worldPlaceOf, ZOOM_MAX, type Point } from './mercator.ts';
import type { Viewport } from './viewport.ts';

/** A square of the map at an integer zoom; the world is 2 ** zoom tiles wide. */
export interface Tile {
  zoom: number;
  x: number;
  y: number;
}

/** The side of a tile on the screen, in CSS pixels. */
export const TILE_PIXELS = 256;

/**
 * The map tile that covers a point.
 *
 * A tile owns its west and north edges; the world's own east and south edges belong to the last tile.
 *
 * @param point WGS 84 degrees: `latitude` within ±LATITUDE_MAX, `longitude` within ±180
 * @param zoom  integer 0..ZOOM_MAX; anything else is a caller's bug (RangeError)
 * @returns     `x` counts east from 180° W, `y` counts south from the top edge; both 0-based
 * @throws {OffTheMap} if a coordinate is outside those limits or is not a number
 * @source      EPSG:3857 (spherical Mercator)
 */
export function tileAt(point: Point, zoom: number): Tile {
  const across = tilesAcross(zoom);
  const { x, y } = worldPlaceOf(point);
  const indexOf = (place: number): number => Math.min(across - 1, Math.max(0, Math.floor(place * across)));
  return { zoom, x: indexOf(x), y: indexOf(y) };
}

/** The tile's name in keys and topics: `zoom/x/y`. */
export function tileKey({ zoom, x, y }: Tile): string {
  return `${zoom}/${x}/${y}`;
}

const KEY_SHAPE = /^(\d{1,2})\/(\d{1,8})\/(\d{1,8})$/;

/**
 * Reads `zoom/x/y` back.
 *
 * @throws {BadTileKey} if the text is not a key that `tileKey` writes: other shape, leading zeros, or a tile outside the world
 */
export function parseTileKey(key: string): Tile {
  const match = KEY_SHAPE.exec(key);
  if (match === null) throw new BadTileKey(key);
  const tile: Tile = { zoom: Number(match[1]), x: Number(match[2]), y: Number(match[3]) };
  const isInWorld = tile.zoom <= ZOOM_MAX && tile.x < 2 ** tile.zoom && tile.y < 2 ** tile.zoom;
  if (!isInWorld || tileKey(tile) !== key) throw new BadTileKey(key);
  return tile;
}

/**
 * The tile's edges in degrees, held within ±LATITUDE_MAX: from zoom 1 to 19 a viewport that may be asked for.
 * (The square map ends 3e-5 degrees past LATITUDE_MAX; from zoom 20 on whole rows lie out there and have no height.)
 */
export function boundsOf({ zoom, x, y }: Tile): Viewport {
  const across = tilesAcross(zoom);
  return {
    west: longitudeOf(x / across),
    south: latitudeOf((y + 1) / across),
    east: longitudeOf((x + 1) / across),
    north: latitudeOf(y / across),
  };
}
