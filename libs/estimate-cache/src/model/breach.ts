import { fullValue, readableValue, type HomeState, type StoredValue } from '../home-state.ts';
import type { LeaseClass } from '../port.ts';
import { BACK_OFF_NONCE } from '../transitions/lease.ts';
import { hardTtlMsOf } from '../transitions/lifetime.ts';
import type { Fetcher, State } from './state.ts';
import { LEASE_MS_MAX, modelTtls } from './times.ts';
import type { World } from './world.ts';

/**
 * The promises of design.md section 6 that a model judges, and the invariants 5, 6 and 7. `known`: whoever may see the home is
 * told of its estimate, or that there is none, only if somebody has looked for it.
 */
export type Promised = 'C' | 'A' | 'D' | 'M' | 'QF' | 'QE' | 'age' | 'lease' | 'bill' | 'known';

/** A promise that does not hold, and in which way. */
export interface Breach {
  readonly promise: Promised;
  readonly because: string;
}

const breach = (promise: Promised, because: string): Breach => ({ promise, because });

/** A and D: an answer to a request, given under facts of this version. */
export function judgeAnswer({ floor, floorD, isAwaited }: Fetcher, version: number): Breach | null {
  if (!isAwaited) return null;
  if (version < floor) {
    return breach(
      'A',
      `a request that began after INVALIDATE(${floor}) was acknowledged is answered from facts ${version}`,
    );
  }
  return version < floorD
    ? breach(
        'D',
        `facts ${floorD} were committed more than feedStaleMs before the request began; it is answered from facts ${version}`,
      )
    : null;
}

/** 5: no facts are served later than factsTtlMs after their check. */
export const judgeFactsAge = (value: StoredValue, now: number, factsTtlMs: number): Breach | null =>
  now - value.facts.checkedAt > factsTtlMs
    ? breach('age', 'facts are served without a check, longer than factsTtlMs after the last one')
    : null;

/** C: what anybody would read now. */
export function judgeStored({ home, acked }: State): Breach | null {
  const value = readableValue(home);
  if (value === null || value.facts.visibilityVersion >= acked) return null;
  return breach('C', `INVALIDATE(${acked}) is acknowledged, and :v serves facts ${value.facts.visibilityVersion}`);
}

/** M: neither half of a stored value goes back; by version, and at equal versions by time. */
export function judgeReplaced(before: HomeState, after: HomeState): Breach | null {
  const was = readableValue(before);
  const is = readableValue(after);
  if (was === null || is === null || was === is) return null;
  const checks = is.facts.checkedAt - was.facts.checkedAt;
  const facts = is.facts.visibilityVersion - was.facts.visibilityVersion || checks;
  if (facts < 0) return breach('M', 'the facts in :v went back');
  if (was.isFactsOnly !== is.isFactsOnly)
    return is.isFactsOnly ? breach('M', 'the estimate in :v gave way to facts alone') : null;
  const bothHaveVersions = was.estimateVersion !== null && is.estimateVersion !== null;
  const versions = bothHaveVersions ? (is.estimateVersion ?? 0) - (was.estimateVersion ?? 0) : 0;
  const isOlder = (versions || is.acquiredAt - was.acquiredAt) < 0;
  return isOlder ? breach('M', 'the estimate in :v went back') : null;
}

/** Facts alone say nothing of the estimate, and so nothing wrong. */
const sameAsSource = (value: StoredValue, { estimateVersion }: State, { estimates }: World): boolean =>
  value.isFactsOnly ||
  (estimates[estimateVersion] === 'none' ? value.estimateJson === null : value.estimateJson === `e${estimateVersion}`);

/** QF and QE: all is delivered, all fetches are done, and something is stored. */
export function judgeQuiet(state: State, world: World): Breach | null {
  const value = readableValue(state.home);
  if (value === null || world.feed !== 'runs') return null;
  const isQuiet = state.pendingFacts === 0 && state.pendingEstimates === 0;
  if (!isQuiet || ![...state.requests, ...state.warmUps].every(({ at }) => at === 'idle')) return null;
  if (value.facts.visibilityVersion !== state.factsVersion) {
    return breach(
      'QF',
      `all events are delivered, and :v keeps facts ${value.facts.visibilityVersion} of ${state.factsVersion}`,
    );
  }
  return sameAsSource(value, state, world)
    ? null
    : breach(
        'QE',
        `all events are delivered, and :v keeps estimate ${value.estimateJson ?? 'none'} of ${state.estimateVersion}`,
      );
}

const isFetching = ({ at, attempt }: Fetcher): boolean =>
  attempt === 1 && (at === 'facts' || at === 'recheck' || at === 'estimate' || at === 'fill' || at === 'give-back');

/** 6: one fetch of a class under one lease. A win while another one of this class and epoch is within its lease is one too many. */
export function judgeWin(winner: Fetcher, others: readonly Fetcher[], now: number, leaseMs: number): Breach | null {
  const rival = others.find(
    (other) =>
      isFetching(other) &&
      !other.isLeaseLost &&
      other.ticket !== null &&
      other.ticket.epoch === winner.ticket?.epoch &&
      other.ticket.nonce !== winner.ticket.nonce &&
      other.ticket.acquiredAt <= now &&
      other.ticket.acquiredAt + leaseMs > now,
  );
  return rival === undefined
    ? null
    : breach('lease', 'two of a class fetch at once under one lease: a billed call too many');
}

/** What a user waits for when ACQUIRE says `wait`. */
export interface Waited {
  readonly before: HomeState;
  readonly requests: readonly Fetcher[];
  readonly now: number;
  readonly leaseMs: number;
}

/** 6: a user never waits behind a warm-up, nor for a lease by which nothing can come. */
export function judgeWait({ before: { flight }, requests, now, leaseMs }: Waited): Breach | null {
  const lease = flight?.lease ?? null;
  if (flight === null || lease === null) return breach('lease', 'a user waits, and nobody holds a lease');
  if (lease.class === 'w') return breach('lease', 'a user waits behind a warm-up');
  if (lease.endsAt <= now) return breach('lease', 'a user waits behind a lease that has ended');
  if (lease.endsAt > now + leaseMs) return breach('lease', 'a user waits behind a lease that another clock wrote');
  if (lease.nonce === BACK_OFF_NONCE) return null;
  const holder = requests.find((each) => each.nonce === lease.nonce && isFetching(each));
  return holder?.ticket?.epoch === flight.epoch
    ? null
    : breach('lease', 'a user waits behind a fetch that is over, or whose fill will be refused');
}

/** 6: a lease that is held is taken away: from a user by anybody, or from a warm-up by a warm-up. */
export function judgeTaken({ flight }: HomeState, winner: Fetcher, by: LeaseClass, now: number): Breach | null {
  const lease = flight?.lease ?? null;
  if (lease === null || lease.endsAt <= now || lease.nonce === winner.nonce) return null;
  const mayBeTaken = by === 's' && lease.class === 'w';
  const isOfAnotherClock = lease.endsAt > now + LEASE_MS_MAX;
  return mayBeTaken || isOfAnotherClock
    ? null
    : breach('lease', 'a lease that is held is taken away: a billed call too many');
}

/** 6: an ACQUIRE that wins although a value is there that it has not seen. */
export function judgeAsked(before: HomeState, seen: number | null): Breach | null {
  const value = fullValue(before);
  if (value === null || value.softExpiryAt === seen) return null;
  return breach('bill', 'a lease is won for a home that somebody has filled meanwhile: a billed call too many');
}

/** Who asks for a lease is after the estimate: a value without one must not end that. */
export function judgeHit(before: HomeState): Breach | null {
  return readableValue(before)?.isFactsOnly === true
    ? breach('known', 'ACQUIRE says that the home is cached, and nobody has looked for its estimate')
    : null;
}

/** A value that is told to somebody who may see the home. */
export const judgeKnown = ({ isFactsOnly }: StoredValue): Breach | null =>
  isFactsOnly ? breach('known', 'somebody who may see the home is told `none`, and nobody has looked for it') : null;

/** 7: a replayed event removes nothing that is new enough. */
export function judgeInvalidated(before: HomeState, after: HomeState, version: number): Breach | null {
  const was = readableValue(before);
  if (was === null || was.facts.visibilityVersion < version || after.value !== null) return null;
  return breach(
    'bill',
    `INVALIDATE(${version}) removes facts ${was.facts.visibilityVersion}, which are new enough: a billed call too many`,
  );
}

/** 5: nothing is stored for longer than its hard TTL from now. */
const judgeLifetime = (stored: StoredValue, now: number): Breach | null =>
  stored.hardExpiryAt - now >
  hardTtlMsOf({ isNone: stored.estimateJson === null && !stored.isFactsOnly, status: stored.facts.status }, modelTtls)
    ? breach('age', 'what is stored outlives its hard TTL')
    : null;

/** 7: an unchanged estimate, fetched later, is renewed; else the next reader pays for it again. */
function judgeRenewed(stored: StoredValue, { ticket, fetched, facts }: Fetcher): Breach | null {
  if (ticket === null || facts === null) return null;
  const isSame = stored.estimateVersion === fetched && fetched !== null;
  if (isSame && stored.acquiredAt < ticket.acquiredAt)
    return breach('bill', 'an unchanged estimate is not renewed: the next reader pays again');
  const isSameFacts = stored.facts.visibilityVersion === facts.visibilityVersion;
  return isSameFacts && stored.facts.checkedAt < facts.checkedAt
    ? breach('bill', 'facts that were read again are not renewed: the next reader checks again')
    : null;
}

/** Both of what is stored by a FILL. */
export const judgeFilled = (stored: StoredValue, fetcher: Fetcher, now: number): Breach | null =>
  (fetcher.fetched === 'unknown' ? null : judgeKnown(stored)) ??
  judgeRenewed(stored, fetcher) ??
  judgeLifetime(stored, now);

/** 6: RELEASE ends nobody else's lease. */
export function judgeReleased(before: HomeState, after: HomeState, nonce: string): Breach | null {
  const lease = before.flight?.lease ?? null;
  if (lease === null || lease.nonce === nonce || after.flight?.lease?.nonce === lease.nonce) return null;
  return breach('lease', 'a call that failed ends the lease of another one');
}

/** BEHIND sends its caller to the database once more, which is worth it only under a ticket that can still fill. */
export const judgeBehind = ({ flight }: HomeState, { ticket }: Fetcher): Breach | null =>
  flight?.epoch === ticket?.epoch
    ? null
    : breach('bill', 'facts are read once more, and FILL is sent again, for a ticket that can fill nothing');

/** 7: a record that is delivered again wins its own lease again. */
export const judgeRedelivered = ({ flight }: HomeState, nonce: string): Breach | null =>
  flight?.lease?.nonce === nonce
    ? breach('lease', 'a redelivered record does not win the lease that is its own')
    : null;

/** Money: a warm-up pays for a home whose fill is refused already, or that somebody has filled. */
export function judgePaid(home: HomeState, { ticket, facts }: Fetcher): Breach | null {
  const { flight } = home;
  const value = fullValue(home);
  const isRefused =
    flight === null ||
    flight.epoch !== ticket?.epoch ||
    flight.factsFence > (facts?.visibilityVersion ?? 0) ||
    flight.lease?.nonce !== ticket.nonce;
  const isFilled = value !== null && value.softExpiryAt !== ticket?.seenSoftExpiryAt;
  return isRefused || isFilled ? breach('bill', 'a warm-up pays for what it cannot fill, or for what is there') : null;
}
