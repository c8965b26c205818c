import { tileAt, tileKey, type Tile } from '@porchlight/geo';
import type { Sale } from './sales.ts';

/** The scale at which the city is planned: 412 m wide in Seattle. */
export const PLAN_ZOOM = 16;

/** A tile of the plan where somebody sold a home: nobody lives where nothing is ever sold (water, parks, forest). */
export interface SettledTile {
  readonly tile: Tile;
  readonly sales: Sale[];
}

/** @returns the settled tiles by key */
export function settledTilesOf(sales: readonly Sale[]): Map<string, SettledTile> {
  const settled = new Map<string, SettledTile>();
  for (const sale of sales) {
    const tile = tileAt(sale, PLAN_ZOOM);
    const known = settled.get(tileKey(tile));
    if (known === undefined) settled.set(tileKey(tile), { tile, sales: [sale] });
    else known.sales.push(sale);
  }
  return settled;
}

/** How many sales a square of tiles around one holds; `reach` 0 is the tile alone. */
export function salesAround(settled: ReadonlyMap<string, SettledTile>, { zoom, x, y }: Tile, reach: number): number {
  let count = 0;
  for (let dx = -reach; dx <= reach; dx += 1) {
    for (let dy = -reach; dy <= reach; dy += 1) {
      count += settled.get(tileKey({ zoom, x: x + dx, y: y + dy }))?.sales.length ?? 0;
    }
  }
  return count;
}
