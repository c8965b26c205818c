import { degreesWide } from '@porchlight/geo';
import type { SettledView } from './forecast-strategy.ts';

/** Compass directions, counter-clockwise from the east. */
export const DIRECTIONS = 8;

const EIGHTH_RADIANS = (2 * Math.PI) / DIRECTIONS;

/** Below this, in viewports, a map did not move: two views that differ by rounding, or a resized window. */
const MOVED_VIEWPORTS_MIN = 0.1;

/** Farther than any pan: a jump, and a jump has no direction. */
const MOVED_VIEWPORTS_MAX = 1.5;

/** One step in a direction; a diagonal goes along both sides. */
export function stepTowards(direction: number): { east: -1 | 0 | 1; north: -1 | 0 | 1 } {
  // a diagonal's 0.7 counts whole, and a rounding error of a right angle not at all
  const along = (share: number): -1 | 0 | 1 => (share > 0.5 ? 1 : share < -0.5 ? -1 : 0);
  const angle = direction * EIGHTH_RADIANS;
  return { east: along(Math.cos(angle)), north: along(Math.sin(angle)) };
}

/** Degrees east from one longitude to another, the short way, -180..180. */
const degreesEast = (from: number, to: number): number => ((to - from + 540) % 360) - 180;

/**
 * Where a map moved between two views of one session, by eighths of a turn.
 *
 * @returns 0 (east) to 7, counter-clockwise; null after a zoom, a jump or no move
 */
export function directionOf(from: SettledView, to: SettledView): number | null {
  if (from.zoom !== to.zoom) return null;
  const east = degreesEast(from.viewport.west, to.viewport.west) / degreesWide(to.viewport);
  const north = (to.viewport.north - from.viewport.north) / (to.viewport.north - to.viewport.south);
  const moved = Math.max(Math.abs(east), Math.abs(north));
  if (moved < MOVED_VIEWPORTS_MIN || moved > MOVED_VIEWPORTS_MAX) return null;
  return (Math.round(Math.atan2(north, east) / EIGHTH_RADIANS) + DIRECTIONS) % DIRECTIONS;
}
