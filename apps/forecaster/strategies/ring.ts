import { ringCells } from '@porchlight/geo';
import type { ForecastStrategy } from './forecast-strategy.ts';

/** Share of the homes of a full ring that are used, delivered within a second (facts/cache.md section 7, by simulation). */
const RING_PROBABILITY = 0.22;

/** The talk's forecast: the eight viewport-sized neighbours. */
export const ring: ForecastStrategy = {
  name: 'ring',
  cellsAfter: ({ viewport, zoom }) =>
    ringCells(viewport, zoom).map((tile) => ({ tile, probability: RING_PROBABILITY })),
};
