import type { ViewportViewed } from '@porchlight/contracts';
import { isWithin, tileKey } from '@porchlight/geo';
import type { PlacedProperty } from '@porchlight/property-catalog';
import type { ForecastCell } from './strategies/forecast-strategy.ts';

/** The homes of one cell that are worth asking for. */
export interface ChosenCell extends ForecastCell {
  readonly propertyIds: readonly string[];
}

export interface Choice {
  readonly cells: readonly ChosenCell[];
  /** Homes that were worth it and over the budget. */
  readonly cut: number;
}

/** A map answer's event names at most so many homes, the first in order of id. */
export const EVENT_IDS_MAX = 500;

/**
 * The last id that a map answer of this density draws, or null if it draws every home.
 *
 * A dense view holds far more homes than an answer: it draws the first in order of id. The view next door will be cut at
 * about the same id, so a home past it would be paid for and not be shown.
 */
export function lastDrawnId(event: Pick<ViewportViewed, 'propertyIds' | 'hitCount' | 'missedCount'>): string | null {
  const { propertyIds, hitCount, missedCount } = event;
  const isCut = propertyIds.length >= EVENT_IDS_MAX && hitCount + missedCount <= propertyIds.length;
  return isCut ? propertyIds.reduce((last, id) => (id > last ? id : last), '') : null;
}

/**
 * The homes to warm: the cells' homes outside the viewport that an answer there would draw, cells in the order given, until
 * the budget is spent.
 *
 * Homes in the viewport are left out: the API has answered them or is fetching them.
 *
 * @param homes the homes of each cell by tile key
 */
export function chooseHomes(
  event: Pick<ViewportViewed, 'viewport' | 'propertyIds' | 'hitCount' | 'missedCount'>,
  cells: readonly ForecastCell[],
  homes: ReadonlyMap<string, readonly PlacedProperty[]>,
  homesMax: number,
): Choice {
  const lastId = lastDrawnId(event);
  const isWanted = (home: PlacedProperty): boolean =>
    (lastId === null || home.propertyId <= lastId) && !isWithin(home, event.viewport);
  const chosen: ChosenCell[] = [];
  let left = homesMax;
  let cut = 0;
  for (const cell of cells) {
    const wanted = (homes.get(tileKey(cell.tile)) ?? []).filter(isWanted);
    const taken = wanted.slice(0, left);
    left -= taken.length;
    cut += wanted.length - taken.length;
    if (taken.length > 0) chosen.push({ ...cell, propertyIds: taken.map(({ propertyId }) => propertyId) });
  }
  return { cells: chosen, cut };
}
