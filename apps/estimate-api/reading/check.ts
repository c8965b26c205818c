import type { Facts } from '@porchlight/contracts';
import {
  afterCheck,
  compareFacts,
  partialAnswers,
  type CachedEstimate,
  type FactsComparison,
} from '@porchlight/estimate-cache';
import { createGate } from './gate.ts';
import type { ReadingPorts } from './ports.ts';

/**
 * What CHECK found out about one cached home. `same`: its facts still held at `checkedAt`, by the primary's clock. `refused`:
 * over the limit, or no database.
 */
export type Checked =
  | { readonly verdict: 'same'; readonly checkedAt: number }
  | { readonly verdict: CheckVerdict; readonly checkedAt?: never };
type CheckVerdict = Exclude<FactsComparison, 'same'> | 'refused';

/** CHECK. Answers in the order given. */
export type Check = (values: readonly CachedEstimate[]) => Promise<Checked[]>;

export interface Checker {
  readonly check: Check;
  /** Whether the last query that ended had no answer. */
  readonly isFailing: () => boolean;
}

export type CheckPorts = Pick<ReadingPorts, 'cache' | 'checks' | 'meter' | 'log' | 'limits'>;

const REFUSED: Checked = { verdict: 'refused' };

/** One query, and what was done about its answer. */
interface Reading {
  readonly checked: readonly Checked[];
  /** Resolves when the values that are still right say so in Redis, or could not be told. Never rejects. */
  readonly touched: Promise<void>;
}

/**
 * CHECK (design.md section 6): reads the facts of cached homes again, by one query of the primary on a pool of its own.
 *
 * Same version: TOUCH. Newer: INVALIDATE that version, which has happened when this returns. Older: an alert; the
 * primary went back. Over the limit (checksAtOnceMax, checksWaitingMax) or without a database: `refused`.
 *
 * Checks of one home at one version are one, from the query to the end of its TOUCH: whoever comes meanwhile has read the
 * value before the TOUCH, and gets its answer. Of one version, so that nobody is told of facts that are older than those read.
 */
export function createChecker(ports: CheckPorts): Checker {
  const { checks, meter, limits } = ports;
  const gate = createGate({ atOnceMax: limits.checksAtOnceMax, waitingMax: limits.checksWaitingMax });
  const settle = createSettler(ports);
  const underWay = new Map<string, Promise<Checked>>();
  let isFailing = false;

  const factsOf = async (values: readonly CachedEstimate[]): Promise<ReadonlyMap<string, Facts> | null> => {
    try {
      const found = await checks.factsOf(values.map(({ propertyId }) => propertyId));
      isFailing = false;
      return found;
    } catch {
      isFailing = true;
      return null;
    }
  };
  const read = async (values: readonly CachedEstimate[]): Promise<Reading> => {
    const found = await gate(() => factsOf(values)).catch(() => null); // the gate is full
    if (found !== null) return await settle(values, found);
    meter.checked('refused', values.length);
    return { checked: values.map(() => REFUSED), touched: Promise.resolve() };
  };
  const begin = (values: readonly CachedEstimate[]): void => {
    const reading = read(values);
    for (const [at, value] of values.entries()) {
      underWay.set(
        keyOf(value),
        reading.then(({ checked }) => checked[at] ?? REFUSED),
      );
    }
    const end = (): void => values.forEach((value) => underWay.delete(keyOf(value)));
    void reading.then(({ touched }) => touched).then(end, end);
  };
  return {
    async check(values) {
      const own = values.filter((value) => !underWay.has(keyOf(value)));
      if (own.length > 0) begin(own);
      return await Promise.all(values.map(async (value) => (await underWay.get(keyOf(value))) ?? REFUSED));
    },
    isFailing: () => isFailing,
  };
}

const keyOf = ({ propertyId, facts }: CachedEstimate): string => `${propertyId} ${facts.visibilityVersion}`;

/** What follows from the facts that were read. */
function createSettler({ cache, meter, log }: CheckPorts) {
  const touch = async (homes: readonly Compared[]): Promise<void> => {
    const touches = homes.flatMap(({ value: { propertyId }, found }) =>
      found ? [{ propertyId, ...dated(found) }] : [],
    );
    // A touch that is lost costs one more check.
    if (touches.length > 0) await cache.touch(touches).catch(() => undefined);
  };
  /** @returns those whose INVALIDATE was acknowledged */
  const invalidate = async (homes: readonly Compared[]): Promise<ReadonlySet<string>> => {
    const changes = homes.flatMap(({ value: { propertyId }, found }) =>
      found ? [{ propertyId, visibilityVersion: found.visibilityVersion }] : [],
    );
    if (changes.length === 0) return new Set();
    const answers = await partialAnswers(cache.invalidate(changes)).catch(() => []);
    return new Set(changes.flatMap(({ propertyId }, at) => (answers[at] ? [propertyId] : [])));
  };
  return async (values: readonly CachedEstimate[], facts: ReadonlyMap<string, Facts>): Promise<Reading> => {
    const homes = values.map((value): Compared => {
      const found = facts.get(value.propertyId);
      return { value, found, comparison: compareFacts(value.facts, found) };
    });
    const those = (next: ReturnType<typeof afterCheck>) =>
      homes.filter(({ comparison }) => afterCheck(comparison) === next);
    const touched = touch(those('touch'));
    const removed = await invalidate(those('invalidate'));
    for (const { comparison } of homes) meter.checked(comparison === 'gone' ? 'failed' : comparison, 1);
    const back = those('unavailable').length;
    if (back > 0)
      log.error({ code: 'FACTS_WENT_BACK', homes: back }, 'the database answers with older facts than the cache holds');
    const checked = homes.map(({ comparison, found, value: { propertyId } }): Checked => {
      if (comparison === 'same') return { verdict: comparison, checkedAt: found?.checkedAt ?? 0 };
      // A newer version that could not be removed must not be read again as a miss would read it.
      return { verdict: comparison === 'newer' && !removed.has(propertyId) ? 'older' : comparison };
    });
    return { checked, touched };
  };
}

interface Compared {
  readonly value: CachedEstimate;
  readonly found: Facts | undefined;
  readonly comparison: FactsComparison;
}

const dated = ({ visibilityVersion, checkedAt }: Facts) => ({ visibilityVersion, checkedAt });
