import type { CachedEstimate } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import { createAnswers } from './answer.ts';
import { createAsItComes, type Collect, type Unfolding } from './as-it-comes.ts';
import { createAttendance } from './attend.ts';
import { createBackground } from './background.ts';
import { createBypass } from './bypass.ts';
import { createChecker, type Check } from './check.ts';
import { createFindRest } from './find-rest.ts';
import { createOngoing } from './ongoing.ts';
import type { Sheet } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';
import { createReadInTime } from './read-in-time.ts';
import { createRefresher, type SoftExpired } from './refresh.ts';
import type { HomeResult } from './result-of.ts';

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
  /** The same, told as it comes: `onNews` is called whenever there may be more to take. */
  readAsItComes(question: Question, onNews: () => void): Unfolding;
  /** Homes that are being fetched or waited for. */
  inFlight(): number;
  /** Resolves when nothing is being fetched, refreshed or checked any more. */
  settled(): Promise<void>;
}

/** The read path of estimate-api: cache, CHECK, leases, upstream, FILL, visibility (design.md section 6). */
export function createReader(ports: ReadingPorts): Reader {
  const { clock, limits, isDatabaseSilent, onUnplanned } = ports;
  const { check, isFailing } = createChecker(ports);
  const { attend, inFlight } = createAttendance(ports, check);
  const ongoing = createOngoing(clock, onUnplanned);
  const refresher = createRefresher(ports, ongoing.track);
  const bypass = createBypass(ports, ongoing);
  const checker = backgroundCheckOf(check, { homesMax: limits.backgroundHomesMax, track: ongoing.track });

  /** Neither a check nor a poll has had an answer: one of them alone may have reasons of its own. */
  const isDatabaseAway = (): boolean => isFailing() && isDatabaseSilent();
  const checkLater = (values: readonly CachedEstimate[]): void => checker.take(values);
  const refreshLater = (homes: readonly SoftExpired[]): void => refresher.take(homes);
  const answer = createAnswers(ports, { isDatabaseAway, refreshLater, checkLater });
  const readInTime = createReadInTime(ports);
  const findRest = createFindRest({ check, attend, ongoing, isDatabaseAway, isMiss: answer.isMiss });

  const collect: Collect = async (ids, sheet, asking) => await findRest(await readInTime(ids, asking), sheet, asking);
  const readAsItComes = createAsItComes({
    collect: (bypassesCache) => (bypassesCache ? bypass : collect),
    decide: answer.decide,
    track: ongoing.track,
    onTaken: answer.onSeen,
    checkLater,
  });
  return {
    readAsItComes,
    inFlight,
    settled: ongoing.settled,
    async read(question) {
      const { propertyIds, bypassesCache = false } = question;
      const sheet: Sheet = new Map();
      if (bypassesCache) {
        const { toCheck } = await bypass([...new Set(propertyIds)], sheet, question);
        return answer.bySheet(sheet, toCheck, question);
      }
      const inTime = await readInTime(propertyIds, question);
      const hits = inTime.read && answer.byHits(question, inTime.read);
      if (hits !== null) return hits;
      const { toCheck } = await findRest(inTime, sheet, question);
      return answer.bySheet(sheet, toCheck, question);
    },
  };
}

/** CHECK behind the answer's back. */
const backgroundCheckOf = (check: Check, options: Parameters<typeof createBackground>[1]) =>
  createBackground<CachedEstimate>(async (values) => void (await check(values)), options);
