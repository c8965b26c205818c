import type { Facts } from '@porchlight/contracts';
import {
  afterCheck,
  compareFacts,
  type CachedEstimate,
  type CheckNext,
  type FactsComparison,
} from '@porchlight/estimate-cache';
import { createGate } from './gate.ts';
import type { ReadingPorts } from './ports.ts';

/** What CHECK found out about one cached home. `refused`: over the limit, or no database. */
export type CheckVerdict = FactsComparison | 'refused';

export type CheckPorts = Pick<ReadingPorts, 'cache' | 'checks' | 'meter' | 'log' | 'limits'>;

/**
 * CHECK (design.md section 6): reads the facts of cached homes again, by one query of the primary on a pool of its own.
 *
 * Same version: TOUCH. Newer: INVALIDATE that version, which has happened when this returns. Older: an alert; the
 * primary went back. Over the limit (checksAtOnceMax, checksWaitingMax) or without a database: `refused`.
 */
export function createChecker(ports: CheckPorts): (values: readonly CachedEstimate[]) => Promise<CheckVerdict[]> {
  const { cache, checks, meter, log, limits } = ports;
  const gate = createGate({ atOnceMax: limits.checksAtOnceMax, waitingMax: limits.checksWaitingMax });

  const touch = (values: readonly CachedEstimate[], found: ReadonlyMap<string, Facts>): void => {
    const touches = values.flatMap(({ propertyId }) => {
      const facts = found.get(propertyId);
      if (facts === undefined) return [];
      return [{ propertyId, visibilityVersion: facts.visibilityVersion, checkedAt: facts.checkedAt }];
    });
    // Nobody waits for it: a touch that is lost costs one more check.
    if (touches.length > 0) void cache.touch(touches).catch(() => undefined);
  };
  const invalidate = async (values: readonly CachedEstimate[], found: ReadonlyMap<string, Facts>): Promise<boolean> => {
    const changes = values.flatMap(({ propertyId }) => {
      const facts = found.get(propertyId);
      return facts === undefined ? [] : [{ propertyId, visibilityVersion: facts.visibilityVersion }];
    });
    if (changes.length === 0) return true;
    return await cache.invalidate(changes).then(
      () => true,
      () => false,
    );
  };
  return async (values) => {
    if (values.length === 0) return [];
    const found = await gate(() => checks.factsOf(values.map(({ propertyId }) => propertyId))).catch(() => null);
    if (found === null) {
      meter.checked('refused', values.length);
      return values.map(() => 'refused');
    }
    const verdicts = values.map((value) => compareFacts(value.facts, found.get(value.propertyId)));
    const those = (next: CheckNext) => values.filter((_, at) => verdicts[at] && afterCheck(verdicts[at]) === next);
    touch(those('touch'), found);
    const isRemoved = await invalidate(those('invalidate'), found);
    for (const verdict of verdicts) meter.checked(verdict === 'gone' ? 'failed' : verdict, 1);
    const back = those('unavailable').length;
    if (back > 0)
      log.error({ code: 'FACTS_WENT_BACK', homes: back }, 'the database answers with older facts than the cache holds');
    // A newer version that could not be removed must not be read again as a miss would read it.
    return isRemoved ? verdicts : verdicts.map((verdict) => (verdict === 'newer' ? 'older' : verdict));
  };
}
