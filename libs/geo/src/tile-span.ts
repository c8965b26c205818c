import { tilesAcross, worldPlaceOf } from './mercator.ts';
import { TooManyTiles } from './too-many-tiles.ts';
import type { Tile } from './tile.ts';
import { degreesWide, type Viewport } from './viewport.ts';

/**
 * A viewport in units of tiles of one zoom. `right` runs past the world's width across the antimeridian, so that
 * left < right always; a tile column is taken modulo the width when it is named.
 */
export interface TileSpan {
  zoom: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The columns and rows that a span touches, both ends included. */
export interface TileBlock {
  zoom: number;
  columnFirst: number;
  columnLast: number;
  rowFirst: number;
  rowLast: number;
}

/**
 * An edge nearer than this to a tile's edge counts as on it: degrees do not come back exactly from a projection. A share
 * of the world's width: four micrometers, fifty times the rounding error at the ends of the map.
 */
const EDGE_WORLD = 1e-13;

/** The viewport measured in tiles. @throws {OffTheMap} if an edge is outside the map */
export function tileSpanOf(viewport: Viewport, zoom: number): TileSpan {
  const across = tilesAcross(zoom);
  const topLeft = worldPlaceOf({ latitude: viewport.north, longitude: viewport.west });
  const { y: bottom } = worldPlaceOf({ latitude: viewport.south, longitude: viewport.east });
  const left = topLeft.x * across;
  const wide = (degreesWide(viewport) / 360) * across;
  return { zoom, left, right: left + wide, top: topLeft.y * across, bottom: bottom * across };
}

/** The span grown on all sides by a multiple of its own size. */
export function grownBy({ zoom, left, right, top, bottom }: TileSpan, viewports: number): TileSpan {
  const [wide, high] = [(right - left) * viewports, (bottom - top) * viewports];
  return { zoom, left: left - wide, right: right + wide, top: top - high, bottom: bottom + high };
}

/** The block of tiles that a span touches: rows cut at the poles, columns at one turn round the world. */
export function tileBlockOf({ zoom, left, right, top, bottom }: TileSpan): TileBlock {
  const across = tilesAcross(zoom);
  const edgeTiles = EDGE_WORLD * across;
  const firstOf = (edge: number): number => Math.floor(edge + edgeTiles);
  const lastOf = (first: number, edge: number): number => Math.max(first, Math.ceil(edge - edgeTiles) - 1);
  const [columnFirst, rowFirst] = [firstOf(left), firstOf(top)];
  return {
    zoom,
    columnFirst,
    columnLast: Math.min(lastOf(columnFirst, right), columnFirst + across - 1),
    rowFirst: Math.max(0, rowFirst),
    rowLast: Math.min(lastOf(rowFirst, bottom), across - 1),
  };
}

/** How many tiles a block holds. */
export function tileCountOf({ columnFirst, columnLast, rowFirst, rowLast }: TileBlock): number {
  return (columnLast - columnFirst + 1) * (rowLast - rowFirst + 1);
}

/** Every tile of a block, row by row from the north-west. @throws {TooManyTiles} above `tilesMax` */
export function tilesOfBlock(block: TileBlock, tilesMax: number): Tile[] {
  const tiles = tileCountOf(block);
  if (tiles > tilesMax) throw new TooManyTiles({ tiles, tilesMax, zoom: block.zoom });
  const across = tilesAcross(block.zoom);
  const found: Tile[] = [];
  for (let y = block.rowFirst; y <= block.rowLast; y += 1) {
    for (let column = block.columnFirst; column <= block.columnLast; column += 1) {
      found.push({ zoom: block.zoom, x: ((column % across) + across) % across, y });
    }
  }
  return found;
}
