import type { City } from './city.ts';
import { densityOfTiles, unitsAtOnePointMax, type TileDensity } from './density.ts';

/** What a city is like, in figures. */
export interface CityFigures {
  readonly homes: number;
  readonly seed: number;
  readonly idPrefix: string;
  readonly clip: City['clip'];
  readonly density: readonly TileDensity[];
  readonly unitsAtOnePointMax: number;
  readonly mlsAreas: number;
  /** Shares of the homes, 0..1. */
  readonly shares: {
    readonly active: number;
    readonly withoutEstimate: number;
    readonly withoutMls: number;
    readonly override: number;
    /** Homes that a viewer without a token may see. */
    readonly open: number;
  };
}

const ZOOMS = [15, 16, 17];

/** Counts a city. A million homes take a few seconds. */
export function figuresOf(city: City): CityFigures {
  const rules = new Map(city.rules.map((rule) => [rule.mlsId, rule]));
  const counts = { active: 0, withoutEstimate: 0, withoutMls: 0, override: 0, open: 0 };
  for (const { status, valueUsd, mlsId, overrideLevel } of city) {
    const rule = mlsId === null ? undefined : rules.get(mlsId);
    const ruled = status === 'active' ? rule?.activeLevel : rule?.offMarketLevel;
    if (status === 'active') counts.active += 1;
    if (valueUsd === null) counts.withoutEstimate += 1;
    if (mlsId === null) counts.withoutMls += 1;
    if (overrideLevel !== null) counts.override += 1;
    if ((ruled ?? 'unregistered') === 'unregistered' && overrideLevel === null) counts.open += 1;
  }
  const share = (count: number): number => Math.round((count / city.homes) * 10_000) / 10_000;
  return {
    homes: city.homes,
    seed: city.seed,
    idPrefix: city.idPrefix,
    clip: city.clip,
    density: ZOOMS.map((zoom) => densityOfTiles(city, zoom)),
    unitsAtOnePointMax: unitsAtOnePointMax(city),
    mlsAreas: city.rules.length,
    shares: {
      active: share(counts.active),
      withoutEstimate: share(counts.withoutEstimate),
      withoutMls: share(counts.withoutMls),
      override: share(counts.override),
      open: share(counts.open),
    },
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The figures for people. */
export function describeCity(figures: CityFigures): string {
  const { homes, seed, clip, density, shares } = figures;
  const edges = [clip.west, clip.south, clip.east, clip.north].map((edge) => edge.toFixed(4)).join(', ');
  return [
    `${homes.toLocaleString('en-US')} homes, seed ${seed}, ids ${figures.idPrefix}..., ${figures.mlsAreas} MLS areas`,
    `within ${edges} (west, south, east, north)`,
    ...density.map(
      ({ zoom, tiles, p50, p95, max }) =>
        `zoom ${zoom}: ${tiles} tiles with homes; p50 ${p50}, p95 ${p95}, most ${max}`,
    ),
    `at most ${figures.unitsAtOnePointMax} homes at one point`,
    `${percent(shares.active)} for sale, ${percent(shares.open)} open to everybody, ${percent(shares.override)} with an override`,
    `${percent(shares.withoutMls)} without an MLS, ${percent(shares.withoutEstimate)} without an estimate`,
    'values are made up from sale prices nearby (2014-15): a sale price is not an estimate, and neither are these',
  ].join('\n');
}
