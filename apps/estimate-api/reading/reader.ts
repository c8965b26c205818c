import { afterRead, type CachedEstimate } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import type { Asker } from './asker.ts';
import { createAttendance } from './attend.ts';
import { createBackground } from './background.ts';
import { createCheckNow } from './check-now.ts';
import { createChecker } from './check.ts';
import { outcomeOfHit } from './hit.ts';
import { CACHE_READ_MIN_MS } from './limits.ts';
import { createOngoing } from './ongoing.ts';
import { PENDING, UNAVAILABLE, type Outcome } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';
import { createRefresher } from './refresh.ts';
import { resultOf, type HomeResult } from './result-of.ts';
import { untilDeadline } from './until-deadline.ts';

export interface Question {
  /** 1 or more well-formed ids; one that comes twice is answered twice. */
  readonly propertyIds: readonly string[];
  readonly role: Role;
  /** How long to wait for what is not cached, 0..; 0: the cache alone, nothing is fetched or paid. */
  readonly deadlineMs: number;
}

export interface Reader {
  /** Answers in the order asked, by the deadline. What is not there by then is `pending`; a fetch that was begun goes on. */
  read(question: Question): Promise<HomeResult[]>;
  /** Homes that are being fetched or waited for. */
  inFlight(): number;
  /** Resolves when nothing is being fetched, refreshed or checked any more. */
  settled(): Promise<void>;
}

/** What one MGET said; null: nothing, Redis failed. */
type Values = readonly (CachedEstimate | null)[] | null;

/** What is to be done about it. */
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
  const checkNow = createCheckNow({ check, attend, freshnessOf });
  const ongoing = createOngoing(clock, onUnplanned);
  const refresher = createRefresher(ports, ongoing.track);
  const checker = createBackground<CachedEstimate>(
    async (values) => {
      await check(values);
    },
    { homesMax: limits.backgroundHomesMax, track: ongoing.track },
  );

  const findOut = async ({ doubtful, missing }: Sorted, asker: Asker): Promise<void> => {
    await Promise.all([
      doubtful.length > 0 ? checkNow(doubtful, asker) : undefined,
      missing.length > 0 ? attend(missing, asker) : undefined,
    ]);
  };
  /** Nobody waits any more: what is not cached is still fetched and kept, for the next one. */
  const findOutLate = async (ids: readonly string[], reading: Promise<Values>, asker: Asker): Promise<void> => {
    await findOut(sortValues(ids, (await reading) ?? [], new Map(), freshnessOf), asker);
  };
  /** Reads the cache, and finds out what is not there; both by the deadline. @returns what is to be checked afterwards */
  const collect = async (ids: readonly string[], sheet: Sheet, deadlineMs: number, role: Role) => {
    const askedAt = clock.now();
    const deadlineAt = askedAt + deadlineMs;
    const asker: Asker = { role, deadlineAt, tell: (propertyId, outcome) => void sheet.set(propertyId, outcome) };
    const reading: Promise<Values> = cache.read(ids).catch(() => null);
    const values = await untilDeadline(reading, askedAt + Math.max(CACHE_READ_MIN_MS, deadlineMs), clock);
    if (values === undefined) {
      if (deadlineMs > 0) ongoing.track(findOutLate(ids, reading, asker));
      return [];
    }
    const sorted = sortValues(ids, values ?? [], sheet, freshnessOf);
    const { missing, doubtful, ageing } = sorted;
    if (deadlineMs === 0) return [...ageing, ...doubtful];
    if (missing.length + doubtful.length > 0) await ongoing.waitFor(findOut(sorted, asker), deadlineAt);
    return ageing;
  };
  return {
    inFlight,
    settled: ongoing.settled,
    async read({ propertyIds, role, deadlineMs }) {
      const ids = [...new Set(propertyIds)];
      const sheet: Sheet = new Map();
      const toCheck = await collect(ids, sheet, deadlineMs, role);
      // From here to the answer nothing is awaited: a rule that turned stricter a moment ago counts.
      const results = new Map(ids.map((id) => [id, resultOf(id, sheet.get(id) ?? PENDING, role, rules)] as const));
      refresher.take(softExpiredOf(sheet, results, role));
      checker.take(toCheck);
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
    const freshness = value && freshnessOf(value);
    const next = afterRead(freshness);
    if (value === null || freshness === null) {
      sorted.missing.push(propertyId);
      continue;
    }
    if (next === 'check') sorted.doubtful.push(value);
    else sheet.set(propertyId, outcomeOfHit(value, freshness));
    if (next === 'check') sheet.set(propertyId, UNAVAILABLE); // until the database says otherwise
    if (next === 'serve-and-check') sorted.ageing.push(value);
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
