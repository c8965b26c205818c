import { grownBy, tileBlockOf, tilesOfBlock, tileSpanOf, type TileSpan } from './tile-span.ts';
import { tilesAcross } from './mercator.ts';
import { tileKey, type Tile } from './tile.ts';
import { TILES_MAX } from './tiles-of.ts';
import type { Viewport } from './viewport.ts';

/** The eight neighbours reach one viewport out on each side (the talk's ring). */
const RING_VIEWPORTS = 1;

/** Half a viewport: the longest step that most pans make stays inside it. */
const THIN_RING_VIEWPORTS = 0.5;

/** Squared distance in tiles from a span's centre to a tile's centre, the short way round the world. */
function squaredTilesFrom({ zoom, left, right, top, bottom }: TileSpan, { x, y }: Tile): number {
  const across = tilesAcross(zoom);
  const aside = Math.abs(x + 0.5 - (((left + right) / 2) % across));
  const east = Math.min(aside, across - aside);
  const south = y + 0.5 - (top + bottom) / 2;
  return east * east + south * south;
}

/** Nearest first; equally near ones row by row, so that the same viewport always gives the same list. */
function nearestFirst(span: TileSpan, tiles: Tile[]): Tile[] {
  const measured = tiles.map((tile) => ({ tile, far: squaredTilesFrom(span, tile) }));
  measured.sort((a, b) => a.far - b.far || a.tile.y - b.tile.y || a.tile.x - b.tile.x);
  return measured.map(({ tile }) => tile);
}

function cellsAround(viewport: Viewport, zoom: number, viewportsOut: number): Tile[] {
  const span = tileSpanOf(viewport, zoom);
  const own = new Set(tilesOfBlock(tileBlockOf(span), TILES_MAX).map(tileKey));
  const reached = tilesOfBlock(tileBlockOf(grownBy(span, viewportsOut)), TILES_MAX);
  return nearestFirst(
    span,
    reached.filter((tile) => !own.has(tileKey(tile))),
  );
}

/**
 * The tiles that the eight viewport-sized neighbours cover, without the viewport's own, nearest to its centre first.
 *
 * @param viewport one that `viewportProblem` finds nothing wrong with
 * @param zoom     of the cells: the viewport's own zoom
 * @throws {TooManyTiles} if the ring and the viewport together touch more than TILES_MAX tiles
 */
export function ringCells(viewport: Viewport, zoom: number): Tile[] {
  return cellsAround(viewport, zoom, RING_VIEWPORTS);
}

/** The tiles in a margin of half a viewport around it, without its own, nearest to its centre first; else as `ringCells`. */
export function thinRingCells(viewport: Viewport, zoom: number): Tile[] {
  return cellsAround(viewport, zoom, THIN_RING_VIEWPORTS);
}
