import { tileAt } from '@porchlight/geo';
import type { City } from './city.ts';

/** How many homes the non-empty tiles of one zoom hold. */
export interface TileDensity {
  readonly zoom: number;
  readonly tiles: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** The density of a city's tiles; empty ones are left out. */
export function densityOfTiles(city: City, zoom: number): TileDensity {
  const counts = new Map<number, number>();
  for (let index = 0; index < city.homes; index += 1) {
    const { x, y } = tileAt(city.placeAt(index), zoom);
    const key = y * 2 ** zoom + x;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = Float64Array.from(counts.values()).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { zoom, tiles: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** The most homes at one point. */
export function unitsAtOnePointMax(city: City): number {
  const counts = new Map<string, number>();
  let most = 0;
  for (let index = 0; index < city.homes; index += 1) {
    const { latitude, longitude } = city.placeAt(index);
    const count = (counts.get(`${latitude},${longitude}`) ?? 0) + 1;
    counts.set(`${latitude},${longitude}`, count);
    most = Math.max(most, count);
  }
  return most;
}
