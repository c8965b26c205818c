import type { ViewportViewed } from '@porchlight/contracts';
import { isWithin, tileKey } from '@porchlight/geo';
import type { PlacedProperty } from '@porchlight/property-catalog';
import { marginOf } from './margin-of.ts';
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

interface Candidate {
  readonly propertyId: string;
  readonly margin: number;
  /** Its place among the cells. */
  readonly cellAt: number;
}

/** Nearest first; equally near ones cell by cell and in order of id, so that the same event always gives the same list. */
const byMargin = (a: Candidate, b: Candidate): number =>
  a.margin - b.margin || a.cellAt - b.cellAt || (a.propertyId < b.propertyId ? -1 : 1);

/**
 * The homes to warm: those of the cells, outside the viewport, that an answer there would draw; the ones that the smallest
 * move shows first, on all sides alike, until the budget is spent.
 *
 * Homes in the viewport are left out: the API has answered them or is fetching them.
 *
 * @param homes the homes of each cell by tile key
 * @returns the cells in the order given, each with its homes, nearest first
 */
export function chooseHomes(
  event: Pick<ViewportViewed, 'viewport' | 'propertyIds' | 'hitCount' | 'missedCount'>,
  cells: readonly ForecastCell[],
  homes: ReadonlyMap<string, readonly PlacedProperty[]>,
  homesMax: number,
): Choice {
  const lastId = lastDrawnId(event);
  const candidates: Candidate[] = [];
  cells.forEach(({ tile }, cellAt) => {
    for (const home of homes.get(tileKey(tile)) ?? []) {
      if (lastId !== null && home.propertyId > lastId) continue;
      if (isWithin(home, event.viewport)) continue;
      candidates.push({ propertyId: home.propertyId, margin: marginOf(home, event.viewport), cellAt });
    }
  });
  const taken = candidates.sort(byMargin).slice(0, homesMax);
  const idsOf = cells.map((): string[] => []);
  for (const { propertyId, cellAt } of taken) idsOf[cellAt]?.push(propertyId);
  return {
    cells: cells.flatMap((cell, at) =>
      (idsOf[at]?.length ?? 0) === 0 ? [] : [{ ...cell, propertyIds: idsOf[at] ?? [] }],
    ),
    cut: candidates.length - taken.length,
  };
}
