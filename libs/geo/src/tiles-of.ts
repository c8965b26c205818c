import { tileBlockOf, tileCountOf, tilesOfBlock, tileSpanOf } from './tile-span.ts';
import type { Tile } from './tile.ts';
import type { Viewport } from './viewport.ts';

/** The most tiles that one viewport is worked through as: a 5,120 x 2,880 screen is 273 at its own zoom. */
export const TILES_MAX = 1024;

/** How many tiles of a zoom a viewport touches; cheap at any size. @throws {OffTheMap} if an edge is outside the map */
export function countTiles(viewport: Viewport, zoom: number): number {
  return tileCountOf(tileBlockOf(tileSpanOf(viewport, zoom)));
}

/**
 * The tiles that a viewport touches with more than an edge, row by row from the north-west; across the antimeridian too.
 *
 * @param viewport one that `viewportProblem` finds nothing wrong with
 * @param zoom     integer 0..ZOOM_MAX
 * @param tilesMax the caller's own limit
 * @throws {TooManyTiles} above `tilesMax`  @throws {OffTheMap} if an edge is outside the map
 */
export function tilesOf(viewport: Viewport, zoom: number, tilesMax: number = TILES_MAX): Tile[] {
  return tilesOfBlock(tileBlockOf(tileSpanOf(viewport, zoom)), tilesMax);
}
