import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Asker } from './asker.ts';
import type { Attend } from './attend.ts';
import type { createChecker } from './check.ts';
import { outcomeOfHit } from './hit.ts';
import { PENDING, UNAVAILABLE, UNKNOWN } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';

interface CheckNowParts extends Pick<ReadingPorts, 'freshnessOf'> {
  readonly check: ReturnType<typeof createChecker>;
  readonly attend: Attend;
}

/** CHECK before the answer: what is still so is served, what has changed is a miss under the newer facts. */
export function createCheckNow({ check, attend, freshnessOf }: CheckNowParts) {
  return async (values: readonly CachedEstimate[], asker: Asker): Promise<void> => {
    const verdicts = await check(values);
    const newer: string[] = [];
    for (const [at, value] of values.entries()) {
      const verdict = verdicts[at] ?? 'refused';
      if (verdict === 'same') asker.tell(value.propertyId, outcomeOfHit(value, freshnessOf(value)));
      else if (verdict === 'newer') newer.push(value.propertyId);
      else asker.tell(value.propertyId, verdict === 'gone' ? UNKNOWN : UNAVAILABLE);
    }
    if (newer.length === 0) return;
    for (const propertyId of newer) asker.tell(propertyId, PENDING);
    await attend(newer, asker);
  };
}
