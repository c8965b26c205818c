import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import { createAttendance, type Asker } from './attend.ts';
import { createBackground } from './background.ts';
import { createChecker } from './check.ts';
import { outcomeOfHit } from './hit.ts';
import { createOngoing } from './ongoing.ts';
import { PENDING, UNAVAILABLE, UNKNOWN, type Outcome } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';
import { createRefresher } from './refresh.ts';
import { resultOf, type HomeResult } from './result-of.ts';

export interface Question {
  /** 1 or more well-formed ids; one that comes twice is answered twice. */
  readonly propertyIds: readonly string[];
  readonly role: Role;
  /** How long to wait for what is not cached, 0..; 0: the cache alone, nothing is fetched or paid. */
  readonly deadlineMs: number;
}

export interface Reader {
  /** Answers in the order asked, by the deadline. What is not there by then is `pending`, and its fetch goes on. */
  read(question: Question): Promise<HomeResult[]>;
  /** Homes that are being fetched or waited for. */
  inFlight(): number;
  /** Resolves when nothing is being fetched any more. */
  settled(): Promise<void>;
}

/** What one MGET said. */
interface Sorted {
  readonly missing: string[];
  /** Facts too old to be served before they are read again. */
  readonly doubtful: CachedEstimate[];
  /** Served, and to be read again behind the answer's back. */
  readonly ageing: CachedEstimate[];
}

/** The answers of one question so far. */
type Sheet = Map<string, Outcome>;

/** The read path of estimate-api: cache, CHECK, leases, upstream, FILL, visibility (design.md section 6). */
export function createReader(ports: ReadingPorts): Reader {
  const { cache, clock, rules, limits, freshnessOf, onUnplanned } = ports;
  const { attend, inFlight } = createAttendance(ports);
  const check = createChecker(ports);
  const ongoing = createOngoing(clock, onUnplanned);
  const refresher = createRefresher(ports);
  const checker = createBackground<CachedEstimate>(
    async (values) => {
      await check(values);
    },
    { homesMax: limits.backgroundHomesMax, onUnplanned },
  );

  const checkNow = async (values: readonly CachedEstimate[], asker: Asker): Promise<void> => {
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
  const findOut = async ({ doubtful, missing }: Sorted, asker: Asker): Promise<void> => {
    await Promise.all([
      doubtful.length > 0 ? checkNow(doubtful, asker) : undefined,
      missing.length > 0 ? attend(missing, asker) : undefined,
    ]);
  };
  return {
    inFlight,
    settled: ongoing.settled,
    async read({ propertyIds, role, deadlineMs }) {
      const deadlineAt = clock.now() + deadlineMs;
      const ids = [...new Set(propertyIds)];
      const values = await cache.read(ids).catch(() => ids.map(() => null));
      const sheet: Sheet = new Map();
      const sorted = sortValues(ids, values, sheet, freshnessOf);
      const asker: Asker = { role, deadlineAt, tell: (propertyId, outcome) => void sheet.set(propertyId, outcome) };
      const { missing, doubtful, ageing } = sorted;
      if (deadlineMs > 0 && missing.length + doubtful.length > 0) {
        await ongoing.waitFor(findOut(sorted, asker), deadlineAt);
      }
      // From here to the answer nothing is awaited: a rule that turned stricter a moment ago counts.
      const results = new Map(ids.map((id) => [id, resultOf(id, sheet.get(id) ?? PENDING, role, rules)] as const));
      refresher.take(softExpiredOf(sheet, results, role));
      checker.take(deadlineMs > 0 ? ageing : [...ageing, ...doubtful]);
      return propertyIds.flatMap((id) => results.get(id) ?? []);
    },
  };
}

/** Sorts what was read by what is still to be done; what can be served is put on the sheet. */
function sortValues(
  ids: readonly string[],
  values: readonly (CachedEstimate | null)[],
  sheet: Sheet,
  freshnessOf: ReadingPorts['freshnessOf'],
): Sorted {
  const sorted: Sorted = { missing: [], doubtful: [], ageing: [] };
  for (const [at, propertyId] of ids.entries()) {
    const value = values[at] ?? null;
    if (value === null) {
      sorted.missing.push(propertyId);
      continue;
    }
    const freshness = freshnessOf(value);
    if (freshness.verdict === 'check') sorted.doubtful.push(value);
    else sheet.set(propertyId, outcomeOfHit(value, freshness));
    if (freshness.verdict === 'check') sheet.set(propertyId, UNAVAILABLE); // until the database says otherwise
    if (freshness.verdict === 'serve-and-check') sorted.ageing.push(value);
  }
  return sorted;
}

/** Served softly expired to a viewer who may see it. */
function softExpiredOf(sheet: Sheet, results: ReadonlyMap<string, HomeResult>, role: Role) {
  return [...sheet].flatMap(([propertyId, outcome]) => {
    if (outcome.kind !== 'value' || outcome.seenSoftExpiryAt === undefined) return [];
    const status = results.get(propertyId)?.status;
    if (status !== 'available' && status !== 'none') return [];
    return [{ propertyId, seenSoftExpiryAt: outcome.seenSoftExpiryAt, role }];
  });
}
