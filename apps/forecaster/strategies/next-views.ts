import { MAP_ZOOM_MIN, ringCells } from '@porchlight/geo';
import { DIRECTIONS, directionOf, stepTowards } from './direction-of.ts';
import type { ForecastStrategy, ForecastView, SettledView } from './forecast-strategy.ts';

/** What people do next on a map, and how far a pan goes, in viewports (read off, and assumed: facts/traffic.md). */
const PAN_SHARE = 0.55;
const ZOOM_IN_SHARE = 0.25;
const ZOOM_OUT_SHARE = 0.2;
const PAN_STEPS = [0.4, 0.55, 0.7, 0.85, 1] as const;

/** How often a pan goes on in the direction of the last one: the middle of 0.3 to 0.8 (assumed: same facts). */
const PERSISTENCE = 0.55;

/** Places that a zoom may go to, in a row and in a column. */
const ZOOM_PLACES = 4;

/** Before a home is chosen the cells say no more than that the ring's homes are used so often (facts/cache.md section 7). */
const RING_PROBABILITY = 0.22;

/** Offsets of so many places, evenly within ±reach. */
const placesWithin = (reach: number): number[] =>
  Array.from({ length: ZOOM_PLACES }, (_, at) => ((at + 0.5) / ZOOM_PLACES - 0.5) * 2 * reach);

/** A view whose centre is so far from the centre of the one on the screen. */
const viewAt = (east: number, north: number, size: number, probability: number): ForecastView => ({
  west: 0.5 + east - size / 2,
  south: 0.5 + north - size / 2,
  size,
  probability,
});

function panViews(event: SettledView, previous: SettledView | null): ForecastView[] {
  const last = previous === null ? null : directionOf(previous, event);
  const shareOf = (direction: number): number => {
    if (last === null) return 1 / DIRECTIONS;
    return direction === last ? PERSISTENCE : (1 - PERSISTENCE) / (DIRECTIONS - 1);
  };
  return Array.from({ length: DIRECTIONS }, (_, direction) => direction).flatMap((direction) => {
    const { east, north } = stepTowards(direction);
    const probability = (PAN_SHARE * shareOf(direction)) / PAN_STEPS.length;
    return PAN_STEPS.map((step) => viewAt(east * step, north * step, 1, probability));
  });
}

/** @param reach how far the centre moves, at most: what is under the pointer keeps its place on the screen */
function zoomViews(size: number, reach: number, share: number): ForecastView[] {
  const places = placesWithin(reach);
  const probability = share / places.length ** 2;
  return places.flatMap((east) => places.map((north) => viewAt(east, north, size, probability)));
}

/**
 * The views that the next move may lead to: a pan in each of eight directions, likelier the way the map was moving; a zoom
 * in to a quarter of the view; a zoom out around some point of it.
 */
export const nextViews: ForecastStrategy = {
  name: 'next-views',
  // A zoom out reaches one viewport past the edge, and so does the longest pan: the ring.
  cellsAfter: ({ viewport, zoom }) =>
    ringCells(viewport, zoom).map((tile) => ({ tile, probability: RING_PROBABILITY })),
  viewsAfter: (event, previous) => [
    ...panViews(event, previous),
    ...zoomViews(0.5, 0.25, ZOOM_IN_SHARE),
    ...(event.zoom > MAP_ZOOM_MIN ? zoomViews(2, 0.5, ZOOM_OUT_SHARE) : []),
  ],
};
