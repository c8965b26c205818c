import { degreesWide, type Point, type Viewport } from '@porchlight/geo';

const WHOLE_TURN_DEGREES = 360;

/** Degrees from one longitude east to another, 0..360. */
const degreesEast = (from: number, to: number): number => (to - from + WHOLE_TURN_DEGREES) % WHOLE_TURN_DEGREES;

/**
 * How far a map must move before a point comes into view, in viewports: 0 within it, 0.5 for one that a pan by half a
 * viewport shows. Sideways and upright count alike, and the larger of the two decides.
 *
 * In degrees: within a few viewports a map's stretch north to south does not change the order.
 */
export function marginOf({ latitude, longitude }: Point, viewport: Viewport): number {
  const wide = degreesWide(viewport);
  const high = viewport.north - viewport.south;
  const east = degreesEast(viewport.west, longitude);
  const aside = east <= wide ? 0 : Math.min(east - wide, WHOLE_TURN_DEGREES - east);
  const upright = Math.max(viewport.south - latitude, latitude - viewport.north, 0);
  return Math.max(aside / wide, upright / high);
}
