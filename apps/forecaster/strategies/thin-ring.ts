import { thinRingCells } from '@porchlight/geo';
import type { ForecastStrategy } from './forecast-strategy.ts';

/** Share of the homes of a half-viewport margin that are used, delivered within a second (same simulation). */
const THIN_RING_PROBABILITY = 0.33;

/** A margin of half a viewport: a third of its homes are used, against a fifth of the full ring's. */
export const thinRing: ForecastStrategy = {
  name: 'thin-ring',
  cellsAfter: ({ viewport, zoom }) =>
    thinRingCells(viewport, zoom).map((tile) => ({ tile, probability: THIN_RING_PROBABILITY })),
};
