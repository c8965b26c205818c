import type { ViewportViewed } from '@porchlight/contracts';
import { degreesWide, isWithin, tileKey, type Viewport } from '@porchlight/geo';
import type { PlacedProperty } from '@porchlight/property-catalog';
import { EVENT_IDS_MAX, lastDrawnId, type Choice } from './choose-homes.ts';
import type { ForecastCell, ForecastView } from './strategies/forecast-strategy.ts';

/**
 * A home that fewer than one in ten next views draw is not worth its price: by simulation of the standard workload, without
 * this floor 9 % more items are billed for 1.7 points more of item hits.
 */
export const WORTH_MIN = 0.1;

/** So many times sparser than the viewport may a neighbour be for its homes to be looked at whole. */
const SPARSER_MAX = 2;

/** A step closer shows a quarter of the view. */
const QUARTERS = 4;

const WHOLE_TURN_DEGREES = 360;

interface Candidate {
  readonly propertyId: string;
  /** Its place among the cells. */
  readonly cellAt: number;
  /** Its place in viewports from the south-west corner of the one on the screen. */
  readonly x: number;
  readonly y: number;
  readonly isAnswered: boolean;
  /** How likely the next view draws it. */
  worth: number;
}

type Seen = Pick<ViewportViewed, 'viewport' | 'propertyIds' | 'hitCount' | 'missedCount'>;

/** Measures places in viewports. In degrees: within a few viewports a map's stretch north to south does not matter. */
function placesIn(viewport: Viewport): (home: PlacedProperty) => { x: number; y: number } {
  const [wide, high] = [degreesWide(viewport), viewport.north - viewport.south];
  return ({ latitude, longitude }) => {
    const turned = longitude - viewport.west;
    const half = WHOLE_TURN_DEGREES / 2;
    const east = turned > half ? turned - WHOLE_TURN_DEGREES : turned < -half ? turned + WHOLE_TURN_DEGREES : turned;
    return { x: east / wide, y: (latitude - viewport.south) / high };
  };
}

/** By id: the lists of tiles are in order already, and a sort finds such runs and merges them. */
const byId = (a: { propertyId: string }, b: { propertyId: string }): number => (a.propertyId < b.propertyId ? -1 : 1);

/** How far in order of id homes are looked at: past the edge of the viewport, and inside it. Infinity's stand-in is null. */
interface LastIds {
  readonly outside: string | null;
  readonly inside: string | null;
}

/**
 * A dense view holds thousands of homes and draws some hundred. A next one draws about as far in order of id, half as dense a one
 * twice as far; one that is a quarter of it draws four times as far, and half as dense a quarter eight times.
 */
function lastIdsOf(event: Seen, lists: readonly (readonly PlacedProperty[])[]): LastIds {
  if (lastDrawnId(event) === null) return { outside: null, inside: null };
  const ids: string[] = [];
  for (const list of lists) for (const home of list) if (isWithin(home, event.viewport)) ids.push(home.propertyId);
  ids.sort();
  const drawn = event.propertyIds.length;
  return { outside: ids[SPARSER_MAX * drawn] ?? null, inside: ids[QUARTERS * SPARSER_MAX * drawn] ?? null };
}

/** The homes of the cells that a next view may draw, in order of id, as the map's own answers are. */
function homesInOrder(
  event: Seen,
  cells: readonly ForecastCell[],
  homes: ReadonlyMap<string, readonly PlacedProperty[]>,
): Candidate[] {
  const { viewport } = event;
  const lists = cells.map(({ tile }) => homes.get(tileKey(tile)) ?? []);
  const last = lastIdsOf(event, lists);
  const lastDrawn = lastDrawnId(event);
  const placeOf = placesIn(viewport);
  const found: Candidate[] = [];
  lists.forEach((list, cellAt) => {
    for (const home of list) {
      const { propertyId } = home;
      if (last.inside !== null && propertyId > last.inside) break; // the list is in order of id
      const isInside = isWithin(home, viewport);
      if (!isInside && last.outside !== null && propertyId > last.outside) continue;
      const isAnswered = isInside && (lastDrawn === null || propertyId <= lastDrawn);
      found.push({ propertyId, cellAt, ...placeOf(home), isAnswered, worth: 0 });
    }
  });
  return found.sort(byId);
}

/** Adds a view's probability to each home that it draws: the first in order of id. */
function drawView(view: ForecastView, inOrder: readonly Candidate[], drawnMax: number): void {
  const [east, north] = [view.west + view.size, view.south + view.size];
  let left = drawnMax;
  for (const home of inOrder) {
    if (home.x < view.west || home.x >= east || home.y <= view.south || home.y > north) continue;
    home.worth += view.probability;
    left -= 1;
    if (left === 0) return;
  }
}

/** Worthiest first; equally worthy ones in order of id, so that the same event always gives the same list. */
const byWorth = (a: Candidate, b: Candidate): number => b.worth - a.worth || (a.propertyId < b.propertyId ? -1 : 1);

/**
 * The homes to warm by what the next views would draw: each home counts the probabilities of the views that draw it, and the
 * likeliest are taken until the budget is spent.
 *
 * A view of a dense place is cut, at some hundred homes in order of id: a step closer it draws later ids, a step back
 * earlier ones. So homes inside the viewport are taken too, if the answer was cut before them; the others are left out,
 * since the API has answered them or is fetching them.
 *
 * @param views in viewports from the event's; they must lie inside the cells
 * @param homes the homes of each cell by tile key
 * @returns the cells in the order given, each with its homes, likeliest first, and the mean of their probabilities
 */
export function chooseByViews(
  event: Seen,
  { cells, views }: { cells: readonly ForecastCell[]; views: readonly ForecastView[] },
  homes: ReadonlyMap<string, readonly PlacedProperty[]>,
  homesMax: number,
): Choice {
  const inOrder = homesInOrder(event, cells, homes);
  // a map that drew more than an event names asks for as many again
  const drawnMax = Math.max(EVENT_IDS_MAX, event.hitCount + event.missedCount);
  for (const view of views) drawView(view, inOrder, drawnMax);
  const worthy = inOrder.filter(({ isAnswered, worth }) => !isAnswered && worth >= WORTH_MIN);
  const taken = worthy.sort(byWorth).slice(0, homesMax);
  const chosen = cells.map((): Candidate[] => []);
  for (const home of taken) chosen[home.cellAt]?.push(home);
  return {
    cells: cells.flatMap(({ tile }, at) => {
      const own = chosen[at] ?? [];
      if (own.length === 0) return [];
      const probability = Math.min(1, own.reduce((sum, { worth }) => sum + worth, 0) / own.length);
      return [{ tile, probability, propertyIds: own.map(({ propertyId }) => propertyId) }];
    }),
    cut: worthy.length - taken.length,
  };
}
