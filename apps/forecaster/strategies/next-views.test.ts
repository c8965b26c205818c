import { expect, test } from '@jest/globals';
import { boundsOf, MAP_ZOOM_MIN, tilesOf, viewportAround } from '@porchlight/geo';
import type { ForecastView } from './forecast-strategy.ts';
import { nextViews } from './next-views.ts';

const viewAt = (east: number, zoom = 16) => {
  const degreesAViewport = (1_280 / 256 / 2 ** zoom) * 360;
  const centre = { latitude: 47.6, longitude: -122.3 + east * degreesAViewport };
  return { viewport: viewportAround(centre, { zoom, widthPixels: 1_280, heightPixels: 800 }), zoom };
};
const viewsAfter = (...of: Parameters<NonNullable<typeof nextViews.viewsAfter>>): ForecastView[] =>
  nextViews.viewsAfter?.(...of) ?? [];
const sum = (views: readonly ForecastView[]): number =>
  views.reduce((total, { probability }) => total + probability, 0);
const pans = (views: readonly ForecastView[]): ForecastView[] => views.filter(({ size }) => size === 1);

test('pans, zooms in and zooms out share what may come next as people do', () => {
  const views = viewsAfter(viewAt(0), null);
  const shareOf = (size: number): number => sum(views.filter((view) => view.size === size));
  expect([1, 0.5, 2].map(shareOf)).toEqual([0.55, 0.25, 0.2].map((share) => expect.closeTo(share, 9)));
});

test('a zoom out of the farthest zoom at which homes are drawn draws none', () => {
  const sizes = viewsAfter(viewAt(0, MAP_ZOOM_MIN), null).map(({ size }) => size);
  expect(new Set(sizes)).toEqual(new Set([1, 0.5]));
});

test('without a view before it a pan goes to all sides alike', () => {
  const all = pans(viewsAfter(viewAt(0), null));
  const westwards = all.filter(({ west }) => west < 0);
  expect(sum(westwards)).toBeCloseTo((0.55 * 3) / 8);
  expect(all.reduce((total, { west }) => total + west, 0)).toBeCloseTo(0);
  expect(all.reduce((total, { south }) => total + south, 0)).toBeCloseTo(0);
});

test('after a pan eastwards the next is likelier to go on east than anywhere else together', () => {
  const all = pans(viewsAfter(viewAt(0.7), viewAt(0)));
  const onwards = all.filter(({ west, south }) => west > 0 && Math.abs(south) < 1e-9);
  expect(sum(onwards)).toBeCloseTo(0.55 * 0.55);
  expect(sum(all)).toBeCloseTo(0.55);
});

test('a zoom in stays within the viewport, and no view leaves the cells', () => {
  const views = viewsAfter(viewAt(0), null);
  const inside = views.filter(({ size }) => size === 0.5);
  for (const { west, south } of inside) {
    expect(Math.min(west, south)).toBeGreaterThanOrEqual(0);
    expect(Math.max(west, south)).toBeLessThanOrEqual(0.5);
  }
  const { viewport } = viewAt(0);
  const bounds = [...tilesOf(viewport, 16), ...nextViews.cellsAfter(viewAt(0)).map(({ tile }) => tile)].map(boundsOf);
  const wide = viewport.east - viewport.west;
  const high = viewport.north - viewport.south;
  const west = Math.min(...views.map((view) => view.west));
  const east = Math.max(...views.map((view) => view.west + view.size));
  const south = Math.min(...views.map((view) => view.south));
  // a thousandth for the map's stretch from north to south
  expect(viewport.west + west * wide).toBeGreaterThanOrEqual(Math.min(...bounds.map((tile) => tile.west)));
  expect(viewport.west + east * wide).toBeLessThanOrEqual(Math.max(...bounds.map((tile) => tile.east)));
  expect(viewport.south + (south + 0.001) * high).toBeGreaterThanOrEqual(Math.min(...bounds.map((tile) => tile.south)));
});
