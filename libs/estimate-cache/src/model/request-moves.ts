import type { Facts } from '@porchlight/contracts';
import { afterAcquire, flightKeyOf, paysForRefresh } from '../decisions/after-acquire.ts';
import { afterCheck, compareFacts } from '../decisions/after-check.ts';
import { afterFacts } from '../decisions/after-facts.ts';
import { leavesBackOff } from '../decisions/after-fetch.ts';
import { afterFill, answerUnfilled, factsFenceAfter, type FillReply } from '../decisions/after-fill.ts';
import { answersViewer } from '../decisions/after-read.ts';
import { mayTell } from '../decisions/may-tell.ts';
import { settle, type HomeState, type StoredValue } from '../home-state.ts';
import {
  judgeAnswer,
  judgeAsked,
  judgeBehind,
  judgeFactsAge,
  judgeFilled,
  judgeHit,
  judgeKnown,
  judgeReleased,
  judgeTaken,
  judgeWait,
  judgeWin,
  type Breach,
} from './breach.ts';
import { acquireFor, fillFor, judgementsOf, releaseFor, upstreamAnswers } from './fetch-moves.ts';
import { factsAt, freshName, move, onHome, readable, spend, type Move } from './move.ts';
import { freshnessAt, go, look, put, type Turn } from './request-turn.ts';
import { idle, type Fetcher, type State } from './state.ts';
import { modelConfig, modelPolicy } from './times.ts';
import type { World } from './world.ts';

const HOME = 'home';

/** A request begins: what is acknowledged by now binds its answer. */
function begin(turn: Turn): Move[] {
  const { state, world } = turn;
  const { value, freshness, next } = look(turn);
  const { name, drawn } = freshName(state);
  const asked: Fetcher = {
    ...idle,
    facts: world.readsFactsFirst ? factsAt(state, world, state.factsVersion) : null,
    floor: state.isBlind ? state.acked : state.everAcked,
    floorD: state.isBlind ? Math.min(state.staleFloor, state.acked) : state.staleFloor,
    nonce: name,
  };
  if (value === null || freshness === null) return [go(turn, 'reads: nothing', { ...asked, at: 'ask' }, { drawn })];
  if (value.isFactsOnly) return beginAtFacts(turn, value, asked, drawn);
  const version = value.facts.visibilityVersion;
  if (next === 'check')
    return [go(turn, `reads facts ${version}, too old to be served`, { ...asked, at: 'check', cached: version })];
  const breach = judgeAnswer(asked, version) ?? judgeFactsAge(value, state.now, modelPolicy.factsTtlActiveMs);
  const behind: Fetcher = { ...idle, isAwaited: false, nonce: name };
  const moves = [go(turn, `is answered from :v, facts ${version}`, idle, {}, breach)];
  if (freshness.softExpired) {
    const refresh: Fetcher = { ...behind, at: 'ask', seen: value.softExpiryAt };
    moves.push(go(turn, `is answered from :v, facts ${version}, and refreshes`, refresh, { drawn }, breach));
  }
  if (next === 'serve-and-check') {
    const check: Fetcher = { ...behind, at: 'check', cached: version };
    moves.push(go(turn, `is answered from :v, facts ${version}, and checks`, check, {}, breach));
  }
  return moves;
}

/** What is cached holds facts alone: enough for a viewer who may not see the home by them, who causes no refresh either. */
function beginAtFacts(turn: Turn, value: StoredValue, asked: Fetcher, drawn: number): Move[] {
  const { state, world } = turn;
  const version = value.facts.visibilityVersion;
  const { next } = look(turn);
  return judgementsOf(world).flatMap((judgement) => {
    const maySee = judgement === 'pay';
    if (!answersViewer(value, maySee))
      return [go(turn, `reads facts ${version} alone, and may see the home`, { ...asked, at: 'ask' }, { drawn })];
    if (next === 'check')
      return [go(turn, `reads facts ${version} alone, too old`, { ...asked, at: 'check', cached: version }, { drawn })];
    const breach =
      (maySee ? judgeKnown(value) : null) ??
      judgeAnswer(asked, version) ??
      judgeFactsAge(value, state.now, modelPolicy.factsTtlActiveMs);
    return [go(turn, `may not see the home, and is told so from :v, facts ${version}`, idle, {}, breach)];
  });
}

/** CHECK: the facts of the primary against those of the value that was read. */
function check(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  const found = factsAt(state, world, state.factsVersion);
  const next = afterCheck(compareFacts({ visibilityVersion: fetcher.cached }, found));
  const does = `CHECK: the database has facts ${found.visibilityVersion}`;
  if (next === 'invalidate') return [go(turn, does, { ...fetcher, at: 'remove', facts: found })];
  if (next !== 'touch') return [go(turn, does, idle)];
  const touching: Fetcher = { ...idle, isAwaited: false, at: 'touch', facts: found };
  return [go(turn, does, touching, {}, judgeAnswer(fetcher, fetcher.cached))];
}

function touch(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  if (fetcher.facts === null) return [];
  const { visibilityVersion, checkedAt } = fetcher.facts;
  const { state: home, answer } = world.design.touch(state.home, { visibilityVersion, checkedAt }, state.now);
  const { to, breach } = onHome(state, home);
  return [move(turn.who, `TOUCH(${visibilityVersion}): ${answer}`, put(turn, to, idle), breach)];
}

/** CHECK found newer facts: they are invalidated by whoever found them, who then fetches as after a miss. */
function remove(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  const version = fetcher.facts?.visibilityVersion ?? 0;
  const { name, drawn } = freshName(state);
  const command = { visibilityVersion: version, newEpoch: name };
  const { state: home, answer } = world.design.invalidate(state.home, command, state.now, modelConfig);
  const { to, breach } = onHome(state, home, {
    drawn: drawn + 1,
    acked: Math.max(state.acked, version),
    everAcked: Math.max(state.everAcked, version),
  });
  const next: Fetcher = fetcher.isAwaited ? { ...fetcher, at: 'ask', facts: null, nonce: `#${drawn}` } : idle;
  return [move(turn.who, `INVALIDATE(${version}): ${answer}`, put(turn, to, next), breach)];
}

/** The flights of this process that this request could join: two that may meet are in one process, or not. */
const flownUnder = ({ state, at }: Turn, epoch: string): readonly Fetcher[] =>
  state.requests.filter((other, index) => index !== at && other.isOpen && isFlight(other, flightKeyOf(HOME, epoch)));

const isFlight = ({ ticket }: Fetcher, key: string): boolean =>
  ticket !== null && flightKeyOf(HOME, ticket.epoch) === key;

/** A win must take nobody's lease, and nobody of its class may be under way by one. */
function judgeWon({ state, at }: Turn, before: HomeState, winner: Fetcher): Breach | null {
  const others = state.requests.filter((_, index) => index !== at);
  return judgeTaken(before, winner, 's', state.now) ?? judgeWin(winner, others, state.now, modelConfig.leaseSyncMs);
}

/** A failover may bring a lease back whose holder is long done; that one lapses. */
function judgeWaited({ state, world }: Turn, before: HomeState): Breach | null {
  if (state.left.failovers < world.limits.failovers) return null;
  return judgeWait({ before, requests: state.requests, now: state.now, leaseMs: modelConfig.leaseSyncMs });
}

function ask(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  const before = settle(state.home, state.now);
  const { state: home, answer, drawn } = acquireFor(state, world, fetcher, 's');
  const { to, breach } = onHome(state, home, { drawn });
  const does = `ACQUIRE: ${answer.outcome}`;
  const becomes = (next: Fetcher, judged: Breach | null = null, does2 = does) =>
    move(turn.who, does2, put(turn, to, next), breach ?? judged);
  if (answer.outcome === 'hit')
    return [becomes(fetcher.isAwaited ? { ...fetcher, at: 'reread' } : idle, judgeHit(before))];
  const held: Fetcher = { ...fetcher, ticket: answer.ticket, fence: answer.factsFence, isOpen: fetcher.isAwaited };
  if (answer.outcome === 'win') {
    const judged = judgeAsked(before, fetcher.seen) ?? judgeWon(turn, before, held);
    const pays = fetcher.isAwaited || paysForRefresh(answer.outcome);
    const at = world.readsFactsFirst ? 'estimate' : 'facts';
    return [becomes(pays ? { ...held, at } : idle, judged)];
  }
  if (!fetcher.isAwaited) return [becomes(idle)];
  const flown = flownUnder(turn, answer.ticket.epoch);
  const moves = [becomes({ ...held, at: 'wait' }, judgeWaited(turn, before))];
  for (const pilot of flown) {
    if (afterAcquire(answer.outcome, true) !== 'join') continue;
    const aboard: Fetcher = { ...held, at: 'join', isOpen: false, nonce: pilot.nonce };
    moves.push(becomes(aboard, tellOne(turn, aboard, pilot.facts), `${does}; joins a flight of its process`));
  }
  return moves;
}

/** ACQUIRE once more, by one that waits: with its own nonce. */
function askAgain(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  const { state: home, answer, drawn } = acquireFor(state, world, fetcher, 's');
  const { to, breach } = onHome(state, home, { drawn });
  const does = `waits, ACQUIRE again: ${answer.outcome}`;
  const becomes = (next: Fetcher, judged: Breach | null = null) => [
    move(turn.who, does, put(turn, to, next), breach ?? judged),
  ];
  if (answer.outcome === 'hit') return becomes({ ...fetcher, at: 'poll' }, judgeHit(settle(state.home, state.now)));
  if (answer.outcome === 'wait') return becomes(fetcher);
  const held: Fetcher = { ...fetcher, at: 'facts', ticket: answer.ticket, fence: answer.factsFence };
  return becomes(held, judgeWon(turn, settle(state.home, state.now), held));
}

/** ACQUIRE said that somebody has filled it: read again; what is gone meanwhile is asked for again. */
function reread(turn: Turn): Move[] {
  const { fetcher, state } = turn;
  const { value, next } = look(turn);
  if (value === null || !answersViewer(value, true)) {
    const { name, drawn } = freshName(state);
    return [go(turn, 'reads: gone again', { ...fetcher, at: 'ask', nonce: name }, { drawn })];
  }
  const version = value.facts.visibilityVersion;
  if (next === 'check') return [go(turn, `reads facts ${version}, too old: unavailable`, idle)];
  const breach = judgeKnown(value) ?? judgeAnswer(fetcher, version);
  return [go(turn, `is answered from :v, facts ${version}`, idle, {}, breach)];
}

/** The same by one that waits: what it reads lands a moment later. */
function poll(turn: Turn): Move[] {
  const { fetcher } = turn;
  const { value, next } = look(turn);
  if (value === null || !answersViewer(value, true)) return [go(turn, 'reads: gone again', { ...fetcher, at: 'wait' })];
  if (next === 'check') return landing(turn, null, 'reads facts that are too old: unavailable');
  const read: Fetcher = { ...fetcher, at: 'land', facts: value.facts };
  return [go(turn, `reads facts ${value.facts.visibilityVersion}`, read, {}, judgeKnown(value))];
}

const isTold = ({ state, world }: Turn, { fence }: Fetcher, facts: Facts): boolean =>
  mayTell(facts, {
    factsFence: fence,
    verdict: freshnessAt(state, world, { facts, softExpiryAt: Number.POSITIVE_INFINITY }).verdict,
  });

const tellOne = (turn: Turn, aboard: Fetcher, facts: Fetcher['facts']): Breach | null =>
  facts !== null && isTold(turn, aboard, facts) ? judgeAnswer(aboard, facts.visibilityVersion) : null;

/** Those aboard are told the facts as soon as they are there. */
const tellAboard = (turn: Turn, facts: Fetcher['facts']): Breach | null =>
  turn.state.requests.reduce<Breach | null>(
    (found, each) =>
      found ?? (each.at === 'join' && each.nonce === turn.fetcher.nonce ? tellOne(turn, each, facts) : null),
    null,
  );

/** The flight lands: its own request is answered, and those who joined, unless what lands is below the fence that they were told. */
function landing(turn: Turn, facts: Fetcher['facts'], does: string, changes: Partial<State> = {}): Move[] {
  const { state, fetcher, at } = turn;
  const own = facts === null ? null : judgeAnswer(fetcher, facts.visibilityVersion);
  const breach = own ?? tellAboard(turn, facts);
  let drawn = changes.drawn ?? state.drawn;
  const requests = state.requests.map((each, index) => {
    if (index === at) return idle;
    if (each.at !== 'join' || each.nonce !== fetcher.nonce) return each;
    if (facts === null || isTold(turn, each, facts)) return idle;
    drawn += 1;
    return { ...idle, at: 'ask', floor: each.floor, floorD: each.floorD, nonce: `#${drawn - 1}` } as const;
  });
  return [move(turn.who, does, { ...state, ...changes, requests, drawn }, breach)];
}

function readFacts(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  return readable(state.factsVersion, 1, state.left.laggingFacts).flatMap(({ version, isLate }) => {
    const left = isLate ? spend(state, 'laggingFacts') : state.left;
    const found = factsAt(state, world, version);
    return judgementsOf(world).flatMap((judgement) => {
      const right = afterFacts(found, { factsFence: fetcher.fence, judge: () => judgement });
      if (right.kind === 'unpaid') {
        const alone: Fetcher = { ...fetcher, at: 'fill', facts: right.facts, fetched: 'unknown' };
        return [go(turn, `reads facts ${version}, and may not see the home`, alone, { left })];
      }
      if (right.kind !== 'pay') {
        const home = releaseFor(state, world, fetcher, false);
        return landing(turn, null, `reads facts ${version}: below the fence, unavailable`, { home, left });
      }
      const next: Fetcher = { ...fetcher, at: 'estimate', facts: right.facts };
      return [go(turn, `reads facts ${version}`, next, { left }, tellAboard(turn, right.facts))];
    });
  });
}

function call(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  const answered = upstreamAnswers(state, world).map(({ fetched, isLate }) => {
    const left = isLate ? spend(state, 'laggingEstimates') : state.left;
    return go(turn, `pays: estimate ${fetched ?? 'none'}`, { ...fetcher, at: 'fill', fetched }, { left });
  });
  if (state.left.failedCalls === 0) return answered;
  const failed = go(
    turn,
    'calls upstream in vain',
    { ...fetcher, at: 'give-back' },
    { left: spend(state, 'failedCalls') },
  );
  return [...answered, failed];
}

function giveBack(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  const home = releaseFor(state, world, fetcher, leavesBackOff('failed'));
  const ended = judgeReleased(state.home, home, fetcher.nonce);
  if (ended !== null) return [move(turn.who, 'RELEASE', { ...state, home }, ended)];
  return landing(
    turn,
    fetcher.facts,
    `RELEASE; answers with facts ${fetcher.facts?.visibilityVersion} and no estimate`,
    { home },
  );
}

/**
 * What a reply of FILL makes of its fetcher. Whoever was told EPOCH, or may have been (the reply is lost), knows that something may
 * have changed: from then on its answer is bound by what was acknowledged when it was told.
 */
function replied(fetcher: Fetcher, reply: FillReply, stored: Fetcher['facts']): Fetcher {
  const next = afterFill(reply, fetcher.attempt);
  if (next === 'answer') return { ...fetcher, at: 'land', facts: stored };
  if (next === 'facts-once-more') return { ...fetcher, at: 'again' };
  return { ...fetcher, at: 'recover', reply };
}

function fill(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  const { state: home, answer } = fillFor(state, world, fetcher, 's');
  const { to, breach } = onHome(state, home);
  const stored = 'stored' in answer ? answer.stored : null;
  const isBehind = answer.outcome === 'behind';
  const judged =
    breach ?? (stored && judgeFilled(stored, fetcher, state.now)) ?? (isBehind ? judgeBehind(home, fetcher) : null);
  const told = answer.outcome === 'epoch' ? { ...fetcher, floor: Math.max(fetcher.floor, state.acked) } : fetcher;
  const next = replied(told, answer.outcome, stored?.facts ?? fetcher.facts);
  const moves = [move(turn.who, `FILL: ${answer.outcome}`, put(turn, to, next), judged)];
  if (state.left.lostReplies > 0) {
    const lost = put(turn, to, replied(told, 'failed', fetcher.facts), { left: spend(state, 'lostReplies') });
    moves.push(move(turn.who, `FILL: ${answer.outcome}, but the reply is lost`, lost, judged));
  }
  return moves;
}

/** BEHIND: the facts once more, then FILL again under the same ticket. */
function factsAgain(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  return readable(state.factsVersion, 1, state.left.laggingFacts).map(({ version, isLate }) => {
    const left = isLate ? spend(state, 'laggingFacts') : state.left;
    const facts = factsAt(state, world, version);
    const next: Fetcher = { ...fetcher, at: 'fill', attempt: 2, facts };
    return go(turn, `reads facts ${version} once more`, next, { left }, tellAboard(turn, facts));
  });
}

/** Refused for good: the answer is given under facts that are read now, and nothing is stored. */
function recover(turn: Turn): Move[] {
  const { state, world, fetcher } = turn;
  if (fetcher.facts === null || fetcher.reply === null) return [];
  const factsFence = factsFenceAfter(fetcher.reply, fetcher.facts);
  return readable(state.factsVersion, 1, state.left.laggingFacts).flatMap(({ version, isLate }) => {
    const left = isLate ? spend(state, 'laggingFacts') : state.left;
    const next = answerUnfilled(factsAt(state, world, version), factsFence);
    if (next.kind !== 'answer') return landing(turn, null, `reads facts ${version}: unavailable`, { left });
    return [go(turn, `reads facts ${version} for its answer`, { ...fetcher, at: 'land', facts: next.facts }, { left })];
  });
}

const land = (turn: Turn): Move[] =>
  landing(
    turn,
    turn.fetcher.facts,
    `is answered from facts ${turn.fetcher.facts?.visibilityVersion}, and whoever joined`,
  );

const steps: Readonly<Record<Fetcher['at'], (turn: Turn) => Move[]>> = {
  idle: begin,
  ask,
  reread,
  wait: askAgain,
  poll,
  join: () => [],
  facts: readFacts,
  recheck: () => [],
  estimate: call,
  fill,
  again: factsAgain,
  recover,
  'give-back': giveBack,
  land,
  check,
  touch,
  remove,
};

/** estimate-api, for each request that is under way or may begin. */
export function requestMoves(state: State, world: World): Move[] {
  const moves: Move[] = [];
  let isIdleSeen = false;
  for (const [at, fetcher] of state.requests.entries()) {
    if (fetcher.at === 'idle' && isIdleSeen) continue; // requests are alike: any one may begin
    isIdleSeen ||= fetcher.at === 'idle';
    moves.push(...steps[fetcher.at]({ state, world, at, fetcher, who: `request ${'ABC'[at]}` }));
  }
  return moves;
}
