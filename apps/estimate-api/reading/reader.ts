import { afterRead, type CachedEstimate } from '@porchlight/estimate-cache';
import type { Doubt, Role } from '@porchlight/visibility';
import type { Asker } from './asker.ts';
import { createAttendance } from './attend.ts';
import { createBackground } from './background.ts';
import { createBypass } from './bypass.ts';
import { createCheckNow } from './check-now.ts';
import { createChecker, type Check } from './check.ts';
import { outcomeOfHit } from './hit.ts';
import { CACHE_READ_MIN_MS } from './limits.ts';
import { createOngoing } from './ongoing.ts';
import { PENDING, UNAVAILABLE, type Sheet } from './outcome.ts';
import type { FreshnessOf, ReadingPorts } from './ports.ts';
import { createRefresher } from './refresh.ts';
import { resultOf, type HomeResult } from './result-of.ts';
import { untilDeadline } from './until-deadline.ts';

export interface Question {
  /** 1 or more well-formed ids; one that comes twice is answered twice. */
  readonly propertyIds: readonly string[];
  readonly role: Role;
  /** How long to wait for what is not cached, 0..; 0: the cache alone, nothing is fetched or paid. */
  readonly deadlineMs: number;
  /** As if there were no cache: facts and the paid API for each home, nothing read from Redis, nothing stored. Default: false. */
  readonly bypassesCache?: boolean;
}

export interface Reader {
  /** Answers in the order asked, by the deadline. What is not there by then is `pending`; a fetch that was begun goes on. */
  read(question: Question): Promise<HomeResult[]>;
  /** Homes that are being fetched or waited for. */
  inFlight(): number;
  /** Resolves when nothing is being fetched, refreshed or checked any more. */
  settled(): Promise<void>;
}

/** What one MGET said, and how fresh that is. Redis failed: nothing. */
interface CacheReading {
  readonly values: readonly (CachedEstimate | null)[];
  readonly freshnessOf: FreshnessOf;
}

/** What is to be done about it. */
interface Sorted extends Pick<CacheReading, 'freshnessOf'> {
  readonly missing: string[];
  /** Facts too old to be served before they are read again. */
  readonly doubtful: CachedEstimate[];
  /** Served, and to be read again behind the answer's back. */
  readonly ageing: CachedEstimate[];
}

/** The read path of estimate-api: cache, CHECK, leases, upstream, FILL, visibility (design.md section 6). */
export function createReader(ports: ReadingPorts): Reader {
  const { cache, clock, rules, limits, meter, freshnessNow, isDatabaseSilent, onUnplanned } = ports;
  const { refreshesSoftly = () => true } = ports;
  const { check, isFailing } = createChecker(ports);
  const { attend, inFlight } = createAttendance(ports, check);
  const checkNow = createCheckNow({ check, attend });
  const ongoing = createOngoing(clock, onUnplanned);
  const refresher = createRefresher(ports, ongoing.track);
  const bypass = createBypass(ports, ongoing);
  const checker = backgroundCheckOf(check, { homesMax: limits.backgroundHomesMax, track: ongoing.track });

  /** Neither a check nor a poll has had an answer: one of them alone may have reasons of its own. */
  const isDatabaseAway = (): boolean => isFailing() && isDatabaseSilent();
  const onDoubt = (doubt: Doubt): void => meter.doubted(doubt);

  const findOut = async ({ doubtful, missing, freshnessOf }: Sorted, asker: Asker): Promise<void> => {
    await Promise.all([
      doubtful.length > 0 ? checkNow(doubtful, freshnessOf, asker) : undefined,
      missing.length > 0 ? attend(missing, asker) : undefined,
    ]);
  };
  const readCache = async (ids: readonly string[]): Promise<CacheReading> => {
    const freshnessOf = freshnessNow(); // before the cache is read: marks that come later do not speak for these values
    return { values: await cache.read(ids).catch(() => []), freshnessOf };
  };
  /** Nobody waits any more: what is not cached is still fetched and kept, for the next one. */
  const findOutLate = async (ids: readonly string[], reading: Promise<CacheReading>, asker: Asker): Promise<void> => {
    await findOut(sortValues(ids, await reading, new Map(), { isDatabaseAway: isDatabaseAway() }), asker);
  };
  /** Reads the cache, and finds out what is not there; both by the deadline. @returns what is to be checked afterwards */
  const collect = async (ids: readonly string[], sheet: Sheet, deadlineMs: number, role: Role) => {
    const askedAt = clock.now();
    const deadlineAt = askedAt + deadlineMs;
    const asker: Asker = { role, deadlineAt, tell: (propertyId, outcome) => void sheet.set(propertyId, outcome) };
    const reading = readCache(ids);
    const read = await untilDeadline(reading, askedAt + Math.max(CACHE_READ_MIN_MS, deadlineMs), clock);
    if (read === undefined) {
      if (deadlineMs > 0) ongoing.track(findOutLate(ids, reading, asker));
      return [];
    }
    const sorted = sortValues(ids, read, sheet, { isDatabaseAway: isDatabaseAway() });
    const { missing, doubtful, ageing } = sorted;
    if (deadlineMs === 0) return [...ageing, ...doubtful];
    if (missing.length + doubtful.length > 0) await ongoing.waitFor(findOut(sorted, asker), deadlineAt);
    return ageing;
  };
  return {
    inFlight,
    settled: ongoing.settled,
    async read({ propertyIds, role, deadlineMs, bypassesCache = false }) {
      const ids = [...new Set(propertyIds)];
      const sheet: Sheet = new Map();
      const toCheck = await (bypassesCache ? bypass : collect)(ids, sheet, deadlineMs, role);
      // From here to the answer nothing is awaited: a rule that turned stricter a moment ago counts.
      const results = new Map(
        ids.map((id) => [id, resultOf(id, sheet.get(id) ?? PENDING, role, rules, onDoubt)] as const),
      );
      refresher.take(softExpiredOf(sheet, results, role).filter(({ propertyId }) => refreshesSoftly(propertyId)));
      checker.take(toCheck);
      return propertyIds.flatMap((id) => results.get(id) ?? []);
    },
  };
}

/** CHECK behind the answer's back. */
const backgroundCheckOf = (check: Check, options: Parameters<typeof createBackground>[1]) =>
  createBackground<CachedEstimate>(async (values) => void (await check(values)), options);

/**
 * Sorts what was read by what is still to be done; what can be served is put on the sheet.
 *
 * @param database one that is away is asked behind the answer's back only: it would cost each answer its deadline
 */
function sortValues(
  ids: readonly string[],
  { values, freshnessOf }: CacheReading,
  sheet: Sheet,
  database: { readonly isDatabaseAway: boolean },
): Sorted {
  const sorted: Sorted = { missing: [], doubtful: [], ageing: [], freshnessOf };
  for (const [at, propertyId] of ids.entries()) {
    const value = values[at] ?? null;
    const freshness = value && freshnessOf(value);
    const next = afterRead(freshness);
    if (value === null || freshness === null) {
      sorted.missing.push(propertyId);
      continue;
    }
    const waits = next === 'check' && !(database.isDatabaseAway && freshness.isServableUnchecked);
    sheet.set(propertyId, waits ? UNAVAILABLE : outcomeOfHit(value, freshness)); // until the database says otherwise
    if (waits) sorted.doubtful.push(value);
    else if (next !== 'serve') sorted.ageing.push(value);
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
