import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Doubt, Role } from '@porchlight/visibility';
import { PENDING, type Outcome, type Sheet } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';
import type { CacheReading } from './read-in-time.ts';
import type { SoftExpired } from './refresh.ts';
import { createResultOf, isMissFor, resultOf, type HomeResult } from './result-of.ts';
import { seenSoftlyExpired, serveHits } from './serve-hits.ts';

export interface AnswerParts {
  readonly isDatabaseAway: () => boolean;
  /** What is done behind an answer. */
  readonly refreshLater: (homes: readonly SoftExpired[]) => void;
  readonly checkLater: (values: readonly CachedEstimate[]) => void;
}

interface Asked {
  readonly propertyIds: readonly string[];
  readonly role: Role;
}

/** Makes answers of what is known, in one go: from here to the answer nothing is awaited, so that a rule that turned stricter a moment ago counts. */
export function createAnswers(
  { rules, meter, clocksNow, refreshesSoftly = () => true }: ReadingPorts,
  { isDatabaseAway, refreshLater, checkLater }: AnswerParts,
) {
  const onDoubt = (doubt: Doubt): void => meter.doubted(doubt);
  const decide = (propertyId: string, outcome: Outcome, role: Role): HomeResult =>
    resultOf(propertyId, outcome, role, rules, onDoubt);
  const deciderFor = (role: Role) => createResultOf(role, rules, onDoubt);
  const isMiss = (value: CachedEstimate, outcome: Outcome, role: Role): boolean =>
    isMissFor(value, outcome, role, rules);
  const hitParts = { clocksNow, isDatabaseAway, isMiss, deciderFor };
  const refresh = (homes: readonly SoftExpired[]): void => {
    if (homes.length > 0) refreshLater(homes.filter(({ propertyId }) => refreshesSoftly(propertyId)));
  };
  return {
    decide,
    isMiss,
    /** What was seen softly expired is refreshed. */
    onSeen: (results: ReadonlyMap<string, HomeResult>, sheet: Sheet, role: Role): void =>
      refresh(softExpiredOf(sheet, results, role)),
    /** All that is known once there is nothing more to wait for. */
    bySheet(sheet: Sheet, toCheck: readonly CachedEstimate[], { propertyIds, role }: Asked): HomeResult[] {
      const results = new Map(
        [...new Set(propertyIds)].map((id) => [id, decide(id, sheet.get(id) ?? PENDING, role)] as const),
      );
      refresh(softExpiredOf(sheet, results, role));
      checkLater(toCheck);
      return propertyIds.flatMap((id) => results.get(id) ?? []);
    },
    /** Most questions end here. @returns null: not all are hits that may be served */
    byHits({ propertyIds, role }: Asked, { values, freshnessOf }: CacheReading): HomeResult[] | null {
      const served = serveHits(hitParts, propertyIds, values, { freshnessOf, role });
      if (served === null) return null;
      refresh(served.softExpired);
      if (served.ageing.length > 0) checkLater(served.ageing);
      return served.results;
    },
  };
}

/** Served softly expired to a viewer who may see it. */
const softExpiredOf = (sheet: Sheet, results: ReadonlyMap<string, HomeResult>, role: Role): SoftExpired[] =>
  [...sheet].flatMap(([propertyId, outcome]) => seenSoftlyExpired(outcome, results.get(propertyId), role) ?? []);
