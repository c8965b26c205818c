import fc from 'fast-check';
import { LATITUDE_MAX } from '../mercator.ts';
import type { Viewport } from '../viewport.ts';

/** Any point on the map. */
export const points = fc.record({
  latitude: fc.double({ min: -LATITUDE_MAX, max: LATITUDE_MAX, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

/** Any tile of a zoom from 0 to `zoomMax`. */
export const tilesUpTo = (zoomMax: number) =>
  fc.integer({ min: 0, max: zoomMax }).chain((zoom) =>
    fc.record({
      zoom: fc.constant(zoom),
      x: fc.integer({ min: 0, max: 2 ** zoom - 1 }),
      y: fc.integer({ min: 0, max: 2 ** zoom - 1 }),
    }),
  );

/** A screen's viewport, up to two degrees wide, anywhere between 80° south and north; one in a few crosses the antimeridian. */
export const viewports: fc.Arbitrary<Viewport> = fc
  .record({
    west: fc.oneof(fc.double({ min: -180, max: 179, noNaN: true }), fc.double({ min: 178, max: 180, noNaN: true })),
    south: fc.double({ min: -80, max: 79, noNaN: true }),
    wide: fc.double({ min: 0.001, max: 2, noNaN: true }),
    high: fc.double({ min: 0.001, max: 1, noNaN: true }),
  })
  .map(({ west, south, wide, high }) => ({
    west,
    south,
    east: west + wide > 180 ? west + wide - 360 : west + wide,
    north: south + high,
  }));
