import { describe, expect, test } from '@jest/globals';
import { generateCity } from '@porchlight/city';
import { simulateWorkload, TARGETS } from './calibrate.ts';
import { homesOfCity } from './homes-of-city.ts';
import { readStandardWorkload } from './standard-workload.ts';
import { baseWorkload } from './workload.ts';

const standard = readStandardWorkload();
const { reached } = standard.calibration;

describe('the standard workload', () => {
  test('was calibrated to the hit rates of the talk, on the plain twin', () => {
    expect(Math.abs(reached.itemHitRate - TARGETS.itemHitRate)).toBeLessThanOrEqual(TARGETS.tolerance);
    expect(Math.abs(reached.singleHitRate - TARGETS.singleHitRate)).toBeLessThanOrEqual(TARGETS.tolerance);
  });

  test('differs from the base in the three calibrated parameters alone', () => {
    const { sessionsPerMinute, popularityExponent, repeatVisitShare } = standard.workload;
    expect(standard.workload).toEqual({ ...baseWorkload, sessionsPerMinute, popularityExponent, repeatVisitShare });
  });

  test('still reaches what its file says on the city as it is generated now', () => {
    const homes = homesOfCity(generateCity(standard.city));
    const now = simulateWorkload(standard.seed, standard.workload, homes, false);
    expect(Math.abs(now.itemHitRate - reached.itemHitRate)).toBeLessThanOrEqual(0.005);
    expect(Math.abs(now.singleHitRate - reached.singleHitRate)).toBeLessThanOrEqual(0.005);
    expect(now.mapCalls).toBe(reached.mapCalls);
  });
});
