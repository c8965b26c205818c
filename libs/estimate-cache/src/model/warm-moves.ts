import { afterFacts } from '../decisions/after-facts.ts';
import { leavesBackOff } from '../decisions/after-fetch.ts';
import { fullValue, settle } from '../home-state.ts';
import { judgeAsked, judgeFilled, judgePaid, judgeRedelivered, judgeTaken } from './breach.ts';
import { acquireFor, fillFor, judgementsOf, releaseFor, upstreamAnswers } from './fetch-moves.ts';
import { factsAt, freshName, move, onHome, readable, spend, withSlot, type Move } from './move.ts';
import { idle, type Fetcher, type Place, type State } from './state.ts';
import type { World } from './world.ts';

const WHO = 'warm-up';

const put = (state: State, at: number, fetcher: Fetcher, changes: Partial<State> = {}): State => ({
  ...state,
  ...changes,
  warmUps: withSlot(state.warmUps, at, fetcher),
});

/**
 * request-filter reads the cache, and asks for what is missing or near its end. Of a miss it keeps nothing, so that its
 * read and its ACQUIRE are one step; of a value near its end it keeps the soft expiry, which may be another one by then.
 */
function begin(state: State, world: World, at: number): Move[] {
  const value = fullValue(settle(state.home, state.now)); // of facts alone it has no use
  const { name, drawn } = freshName(state);
  const fetcher: Fetcher = { ...idle, at: 'ask', isAwaited: false, nonce: name, seen: value?.softExpiryAt ?? null };
  if (value === null) return ask({ ...state, drawn }, world, at, fetcher);
  if (state.now < value.softExpiryAt) return [];
  return [move(WHO, 'reads: near its end', put(state, at, fetcher, { drawn }))];
}

function ask(state: State, world: World, at: number, fetcher: Fetcher): Move[] {
  const before = settle(state.home, state.now);
  const { state: home, answer, drawn } = acquireFor(state, world, fetcher, 'w');
  const { to, breach } = onHome(state, home, { drawn });
  if (answer.outcome !== 'win') {
    const judged = breach ?? (answer.outcome === 'wait' ? judgeRedelivered(before, fetcher.nonce) : null);
    return [move(WHO, `ACQUIRE: ${answer.outcome}`, put(to, at, idle), judged)];
  }
  const winner: Fetcher = { ...fetcher, at: 'facts', ticket: answer.ticket, fence: answer.factsFence };
  const judged = breach ?? judgeAsked(before, fetcher.seen) ?? judgeTaken(before, winner, 'w', state.now);
  return [move(WHO, 'ACQUIRE: win', put(to, at, winner), judged)];
}

function readFacts(state: State, world: World, at: number, fetcher: Fetcher): Move[] {
  return readable(state.factsVersion, 1, state.left.laggingFacts).flatMap(({ version, isLate }) => {
    const left = isLate ? spend(state, 'laggingFacts') : state.left;
    const facts = factsAt(state, world, version);
    return judgementsOf(world).map((judgement) => {
      const right = afterFacts(facts, { factsFence: fetcher.fence, judge: () => judgement });
      if (right.kind === 'unpaid') {
        const alone: Fetcher = { ...fetcher, at: 'fill', facts: right.facts, fetched: 'unknown' };
        return move(WHO, `reads facts ${version}, by which nobody may see the home`, put(state, at, alone, { left }));
      }
      if (right.kind !== 'pay') {
        const home = releaseFor(state, world, fetcher, false);
        return move(WHO, `reads facts ${version}: below the fence, RELEASE`, put({ ...state, home, left }, at, idle));
      }
      const next: Fetcher = { ...fetcher, at: 'recheck', facts: right.facts };
      return move(WHO, `reads facts ${version}`, put(state, at, next, { left }));
    });
  });
}

/** data-fetcher, before it pays. */
function recheckTicket(state: State, world: World, at: number, fetcher: Fetcher): Move[] {
  const { ticket, facts } = fetcher;
  if (ticket === null || facts === null) return [];
  const command = { ticket, visibilityVersion: facts.visibilityVersion };
  if (!world.design.recheck(state.home, command, state.now)) {
    return [move(WHO, 'is told before paying that its ticket is worth nothing any more', put(state, at, idle))];
  }
  const judged = judgePaid(settle(state.home, state.now), fetcher);
  return [
    move(
      WHO,
      'is told that its ticket is still worth paying for',
      put(state, at, { ...fetcher, at: 'estimate' }),
      judged,
    ),
  ];
}

function call(state: State, world: World, at: number, fetcher: Fetcher): Move[] {
  const answered = upstreamAnswers(state, world).map(({ fetched, isLate }) => {
    const left = isLate ? spend(state, 'laggingEstimates') : state.left;
    return move(
      WHO,
      `pays: estimate ${fetched ?? 'none'}`,
      put(state, at, { ...fetcher, at: 'fill', fetched }, { left }),
    );
  });
  if (state.left.failedCalls === 0) return answered;
  const home = releaseFor(state, world, fetcher, leavesBackOff('failed'));
  const failed = { ...state, home, left: spend(state, 'failedCalls') };
  return [...answered, move(WHO, 'calls upstream in vain: RELEASE', put(failed, at, idle))];
}

/** data-writer: what is refused is dropped. */
function write(state: State, world: World, at: number, fetcher: Fetcher): Move[] {
  const { state: home, answer } = fillFor(state, world, fetcher, 'w');
  const { to, breach } = onHome(state, home);
  const judged = breach ?? ('stored' in answer ? judgeFilled(answer.stored, fetcher, state.now) : null);
  const moves = [move(WHO, `FILL: ${answer.outcome}`, put(to, at, idle), judged)];
  if (state.left.redeliveries > 0) {
    const kept = put(to, at, fetcher, { left: spend(state, 'redeliveries') });
    moves.push(move(WHO, `FILL: ${answer.outcome}, and its record will be delivered again`, kept, judged));
  }
  return moves;
}

const isRequested: ReadonlySet<Place> = new Set(['facts', 'recheck', 'estimate']);

/** A crash before the commit: the record is worked on from its beginning, under the same nonce. */
function redeliver(state: State, at: number, fetcher: Fetcher): Move[] {
  if (state.left.redeliveries === 0 || !isRequested.has(fetcher.at)) return [];
  const anew: Fetcher = { ...idle, at: 'ask', isAwaited: false, nonce: fetcher.nonce, seen: fetcher.seen };
  return [
    move(WHO, 'crashes; its record is delivered again', put(state, at, anew, { left: spend(state, 'redeliveries') })),
  ];
}

function stepOf(state: State, world: World, at: number, fetcher: Fetcher): Move[] {
  switch (fetcher.at) {
    case 'idle':
      return begin(state, world, at);
    case 'ask':
      return ask(state, world, at, fetcher);
    case 'facts':
      return readFacts(state, world, at, fetcher);
    case 'recheck':
      return recheckTicket(state, world, at, fetcher);
    case 'estimate':
      return call(state, world, at, fetcher);
    default:
      return write(state, world, at, fetcher);
  }
}

/** request-filter, data-fetcher and data-writer, for one record. */
export const warmMoves = (state: State, world: World): Move[] =>
  state.warmUps.flatMap((fetcher, at) => [...stepOf(state, world, at, fetcher), ...redeliver(state, at, fetcher)]);
