import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import type { Asker } from './asker.ts';
import type { Attend } from './attend.ts';
import type { Check } from './check.ts';
import { outcomeAfterCheck } from './checked-outcome.ts';
import { PENDING, type Outcome } from './outcome.ts';
import type { FreshnessOf } from './ports.ts';

interface CheckNowParts {
  readonly check: Check;
  readonly attend: Attend;
  /** See `isMissFor`: rules, and how long facts are known to hold, may be others after a CHECK. */
  readonly isMiss: (value: CachedEstimate, outcome: Outcome, role: Role) => boolean;
}

/** CHECK before the answer: what is still so is served, what has changed is a miss under the newer facts. */
export function createCheckNow({ check, attend, isMiss }: CheckNowParts) {
  return async (values: readonly CachedEstimate[], freshnessOf: FreshnessOf, asker: Asker): Promise<void> => {
    const checked = await check(values);
    const missing: string[] = [];
    for (const [at, value] of values.entries()) {
      const outcome = outcomeAfterCheck(value, checked[at] ?? { verdict: 'refused' }, freshnessOf(value));
      if (outcome === null || isMiss(value, outcome, asker.role)) missing.push(value.propertyId);
      asker.tell(value.propertyId, outcome ?? PENDING);
    }
    if (missing.length > 0) await attend(missing, asker);
  };
}
