import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import type { Collected } from './as-it-comes.ts';
import { askerOf, type Asker, type Asking } from './asker.ts';
import type { Attend } from './attend.ts';
import { createCheckNow } from './check-now.ts';
import type { Check } from './check.ts';
import { nextOfHit, outcomeOfHit } from './hit.ts';
import type { Ongoing } from './ongoing.ts';
import { UNAVAILABLE, type Outcome, type Sheet } from './outcome.ts';
import { eachOnce, type CacheReading, type ReadInTime } from './read-in-time.ts';

/** What is to be done about what was read. */
interface Sorted extends Pick<CacheReading, 'freshnessOf'> {
  readonly missing: string[];
  /** Facts too old to be served before they are read again. */
  readonly doubtful: CachedEstimate[];
  /** Served, and to be read again behind the answer's back. */
  readonly ageing: CachedEstimate[];
}

export type IsMiss = (value: CachedEstimate, outcome: Outcome, role: Role) => boolean;

export interface RestParts {
  readonly check: Check;
  readonly attend: Attend;
  readonly ongoing: Ongoing;
  readonly isDatabaseAway: () => boolean;
  /** See `isMissFor`. */
  readonly isMiss: IsMiss;
}

/** Finds out by the deadline what the cache does not say, and puts all that is known on the sheet. */
export function createFindRest({ check, attend, ongoing, isDatabaseAway, isMiss }: RestParts) {
  const checkNow = createCheckNow({ check, attend, isMiss });
  const sortFor = (role: Role, reading: CacheReading, sheet: Sheet): Sorted =>
    sortValues(reading, sheet, { isDatabaseAway, isMiss: (value, outcome) => isMiss(value, outcome, role) });
  const findOut = async ({ doubtful, missing, freshnessOf }: Sorted, asker: Asker): Promise<void> => {
    await Promise.all([
      doubtful.length > 0 ? checkNow(doubtful, freshnessOf, asker) : undefined,
      missing.length > 0 ? attend(missing, asker) : undefined,
    ]);
  };
  /** Nobody waits any more: what is not cached is still fetched and kept, for the next one. */
  const findOutLate = async (reading: Promise<CacheReading>, asker: Asker): Promise<void> => {
    await findOut(sortFor(asker.role, eachOnce(await reading), new Map()), asker);
  };
  return async ({ reading, read, deadlineAt }: ReadInTime, sheet: Sheet, asking: Asking): Promise<Collected> => {
    const { deadlineMs, leaving } = asking;
    const asker = askerOf(sheet, asking, deadlineAt);
    if (leaving?.hasLeft() === true) return { toCheck: [], isComplete: false }; // nothing was begun for them
    if (read === null) {
      if (deadlineMs > 0) ongoing.track(findOutLate(reading, asker));
      return { toCheck: [], isComplete: false };
    }
    const sorted = sortFor(asker.role, eachOnce(read), sheet);
    const { missing, doubtful, ageing } = sorted;
    if (deadlineMs === 0) return { toCheck: [...ageing, ...doubtful], isComplete: true };
    if (missing.length + doubtful.length === 0) return { toCheck: ageing, isComplete: true };
    const isComplete = await ongoing.waitFor(findOut(sorted, asker), deadlineAt, leaving?.left);
    return { toCheck: ageing, isComplete };
  };
}

/** Sorts what was read by what is still to be done; what can be served is put on the sheet. */
function sortValues(
  { ids, values, freshnessOf }: CacheReading,
  sheet: Sheet,
  {
    isDatabaseAway,
    isMiss,
  }: { isDatabaseAway: () => boolean; isMiss: (value: CachedEstimate, outcome: Outcome) => boolean },
): Sorted {
  const sorted: Sorted = { missing: [], doubtful: [], ageing: [], freshnessOf };
  for (const [at, propertyId] of ids.entries()) {
    const value = values[at] ?? null;
    if (value === null) {
      sorted.missing.push(propertyId);
      continue;
    }
    const freshness = freshnessOf(value);
    const outcome = outcomeOfHit(value, freshness);
    if (isMiss(value, outcome)) {
      sorted.missing.push(propertyId);
      continue;
    }
    const next = nextOfHit(freshness, isDatabaseAway);
    sheet.set(propertyId, next === 'wait' ? UNAVAILABLE : outcome); // until the database says otherwise
    if (next === 'wait') sorted.doubtful.push(value);
    else if (next !== 'serve') sorted.ageing.push(value);
  }
  return sorted;
}
