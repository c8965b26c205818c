import { expect } from '@jest/globals';
import type { Fleet } from '@porchlight/run';
import { eventually } from './eventually.ts';

const LIMIT_MS = 60_000;

/**
 * Waits until the change feed vouches for every bucket, and not for long ago. What was cached before that is checked when it is as old as
 * FEED_STALE_MS, and only then sees that a rule was loosened.
 */
export async function feedRuns(fleet: Pick<Fleet, 'metrics'>, feedStaleMs: number): Promise<void> {
  await eventually(async () => {
    const metrics = await fleet.metrics('estimate-api');
    expect(metrics.sum('porchlight.estimate_api.watermark.missing')).toBe(0);
    const ageS = metrics.sum('porchlight.estimate_api.watermark.age');
    expect(ageS).toBeGreaterThan(0);
    expect(ageS).toBeLessThan(feedStaleMs / 2_000);
  }, LIMIT_MS);
}
