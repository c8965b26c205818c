import { boundsOf, tileKey, type Viewport } from '@porchlight/geo';
import { HOMES_PER_TILE_MEAN } from './homes-per-tile.ts';
import { PLAN_ZOOM, salesAround, type SettledTile } from './sales-by-tile.ts';

/** A rectangle of plan tiles, all four ends included. */
interface Block {
  west: number;
  east: number;
  north: number;
  south: number;
}

/** Where the city lies: a rectangle of whole plan tiles, and those of them that are settled. */
export interface CityArea {
  readonly clip: Viewport;
  readonly tiles: SettledTile[];
}

/** Half a square of 15 tiles, 6 km: a district, so that one busy street does not decide where the city lies. */
const DISTRICT_REACH_TILES = 7;

/** Sides are pushed out in turn, so that the city stays as good as square. */
const SIDES = [
  { side: 'east', step: 1 },
  { side: 'south', step: 1 },
  { side: 'west', step: -1 },
  { side: 'north', step: -1 },
] as const;

function densestTile(settled: ReadonlyMap<string, SettledTile>): SettledTile {
  let best: { tile: SettledTile; sales: number } | null = null;
  for (const tile of settled.values()) {
    const sales = salesAround(settled, tile.tile, DISTRICT_REACH_TILES);
    if (best === null || sales > best.sales) best = { tile, sales };
  }
  if (best === null) throw new RangeError('a city needs at least one sale');
  return best.tile;
}

function settledWithin(settled: ReadonlyMap<string, SettledTile>, { west, east, north, south }: Block): SettledTile[] {
  const within: SettledTile[] = [];
  for (let y = north; y <= south; y += 1) {
    for (let x = west; x <= east; x += 1) {
      const tile = settled.get(tileKey({ zoom: PLAN_ZOOM, x, y }));
      if (tile !== undefined) within.push(tile);
    }
  }
  return within;
}

/** The smallest block around all settled tiles: the city cannot grow past it. */
function wholeBlock(settled: ReadonlyMap<string, SettledTile>): Block {
  const tiles = Array.from(settled.values(), ({ tile }) => tile);
  const xs = tiles.map(({ x }) => x);
  const ys = tiles.map(({ y }) => y);
  return { west: Math.min(...xs), east: Math.max(...xs), north: Math.min(...ys), south: Math.max(...ys) };
}

function coversAll(block: Block, whole: Block): boolean {
  return (
    block.west <= whole.west && block.east >= whole.east && block.north <= whole.north && block.south >= whole.south
  );
}

function viewportOf({ west, east, north, south }: Block): Viewport {
  const northWest = boundsOf({ zoom: PLAN_ZOOM, x: west, y: north });
  const southEast = boundsOf({ zoom: PLAN_ZOOM, x: east, y: south });
  return { west: northWest.west, north: northWest.north, east: southEast.east, south: southEast.south };
}

/**
 * The area around the densest part of the county that `homes` homes fill at a real city's density.
 *
 * It grows side by side from the densest district until there is room, or until it is the whole county (about 1.6 million
 * homes; more than that live denser than anywhere real).
 */
export function chooseArea(settled: ReadonlyMap<string, SettledTile>, homes: number): CityArea {
  const { x, y } = densestTile(settled).tile;
  const whole = wholeBlock(settled);
  const block: Block = { west: x, east: x, north: y, south: y };
  const tilesWanted = homes / HOMES_PER_TILE_MEAN;
  let tiles = settledWithin(settled, block);
  for (let turn = 0; tiles.length < tilesWanted && !coversAll(block, whole); turn += 1) {
    const { side, step } = SIDES[turn % SIDES.length] ?? SIDES[0];
    const isAtEnd = block[side] === whole[side];
    if (!isAtEnd) block[side] += step;
    if (!isAtEnd) tiles = settledWithin(settled, block);
  }
  return { clip: viewportOf(block), tiles };
}
