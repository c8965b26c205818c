export { BadTileKey } from './bad-tile-key.ts';
export { EARTH_RADIUS_METERS, metersBetween } from './distance.ts';
export { isOnMap, LATITUDE_MAX, LONGITUDE_MAX, ZOOM_MAX, type Point } from './mercator.ts';
export { MORTON_ZOOM, mortonOf, mortonRangeOf, type MortonRange } from './morton.ts';
export { OffTheMap } from './off-the-map.ts';
export { ringCells, thinRingCells } from './ring-cells.ts';
export { boundsOf, parseTileKey, TILE_PIXELS, tileAt, tileKey, type Tile } from './tile.ts';
export { countTiles, TILES_MAX, tilesOf } from './tiles-of.ts';
export { TooManyTiles } from './too-many-tiles.ts';
export {
  centreOf,
  degreesWide,
  isWithin,
  MAP_ZOOM_MIN,
  VIEWPORT_DEGREES_WIDE_MAX,
  viewportAround,
  viewportProblem,
  type Viewport,
  type ViewportProblem,
} from './viewport.ts';
