import { settle, type HomeState } from '../home-state.ts';
import { judgeInvalidated } from './breach.ts';
import { estimateJsonOf, freshName, move, onHome, spend, upstreamAt, type Move, type Moves } from './move.ts';
import type { Fetcher, State } from './state.ts';
import { modelConfig, PASSES, STEP_BACK, type Pass } from './times.ts';
import type { World } from './world.ts';

const bit = (version: number): number => 1 << version;

const versionsIn = (bits: number): number[] => {
  const versions: number[] = [];
  for (let version = 0; bits >> version > 0; version += 1) if ((bits >> version) & 1) versions.push(version);
  return versions;
};

/** The facts change in the property database, or the estimate upstream; each writes its event in the same breath. */
export const sourceMoves: Moves = (state, world) => {
  const moves: Move[] = [];
  if (state.factsVersion < world.facts.length) {
    const version = state.factsVersion + 1;
    const to = { ...state, factsVersion: version, pendingFacts: state.pendingFacts | bit(version) };
    moves.push(move('database', `the facts change to version ${version}`, to));
  }
  if (state.estimateVersion < world.estimates.length - 1) {
    const version = state.estimateVersion + 1;
    const to = { ...state, estimateVersion: version, pendingEstimates: state.pendingEstimates | bit(version) };
    moves.push(move('upstream', `the estimate changes to version ${version} (${world.estimates[version]})`, to));
  }
  return moves;
};

function applyFacts(state: State, world: World, version: number): Move {
  const { name, drawn } = freshName(state);
  const command = { visibilityVersion: version, newEpoch: name };
  const { state: home, answer } = world.design.invalidate(state.home, command, state.now, modelConfig);
  const { to, breach } = onHome(state, home, {
    drawn,
    acked: Math.max(state.acked, version),
    everAcked: Math.max(state.everAcked, version),
    appliedFacts: state.appliedFacts | bit(version),
    pendingFacts: state.pendingFacts & ~bit(version),
  });
  const judged = breach ?? judgeInvalidated(settle(state.home, state.now), home, version);
  return move('invalidator', `INVALIDATE(${version}): ${answer}, acknowledged`, to, judged);
}

function applyEstimate(state: State, world: World, version: number): Move {
  const command = { estimateVersion: version, estimateJson: estimateJsonOf(upstreamAt(world, version)) };
  const { state: home, answer } = world.design.update(state.home, command, state.now, modelConfig);
  const { to, breach } = onHome(state, home, {
    appliedEstimates: state.appliedEstimates | bit(version),
    pendingEstimates: state.pendingEstimates & ~bit(version),
  });
  return move('invalidator', `UPDATE(${version}): ${answer}`, to, breach);
}

const again = (made: Move, state: State): Move => ({
  ...made,
  does: `${made.does} (delivered again)`,
  to: { ...made.to, left: spend(state, 'duplicates') },
});

/** The invalidator: in any order, at least once. An event that it applied and crashed before committing is delivered again. */
export const feedMoves: Moves = (state, world) => {
  if (world.feed !== 'runs') return [];
  const moves = [
    ...versionsIn(state.pendingFacts).map((version) => applyFacts(state, world, version)),
    ...versionsIn(state.pendingEstimates).map((version) => applyEstimate(state, world, version)),
  ];
  if (state.left.duplicates > 0) {
    moves.push(
      ...versionsIn(state.appliedFacts).map((version) => again(applyFacts(state, world, version), state)),
      ...versionsIn(state.appliedEstimates).map((version) => again(applyEstimate(state, world, version), state)),
    );
  }
  if (state.left.lost > 0) moves.push(...lose(state));
  return moves;
};

/** Committed, then crashed before applying. */
function lose(state: State): Move[] {
  const left = spend(state, 'lost');
  return versionsIn(state.pendingFacts).map((version) => {
    const to = { ...state, left, pendingFacts: state.pendingFacts & ~bit(version) };
    return move('invalidator', `commits the event of facts ${version}, and crashes before it is applied`, to);
  });
}

/** MARK: all that was committed until now is applied. estimate-api reads it; one that another run wrote is not sound. */
export const markMoves: Moves = (state, world) => {
  const moves: Move[] = [];
  if (state.left.marks > 0 && world.feed === 'runs' && state.pendingFacts === 0) {
    const to = { ...state, markAt: state.now, isRunClaimed: true, left: spend(state, 'marks') };
    moves.push(move('invalidator', 'MARK: all is applied up to now', to));
  }
  if (state.left.polls > 0) {
    const readingAt = state.isRunClaimed ? state.markAt : 0;
    const forgotAt = state.isBlind ? state.now : state.forgotAt;
    const to = { ...state, readingAt, forgotAt, isBlind: false, left: spend(state, 'polls') };
    moves.push(move('estimate-api', readingAt === 0 ? 'reads the marks: none that is sound' : 'reads the marks', to));
  }
  return moves;
};

function evict(state: State, does: string, home: HomeState): Move {
  return move('Redis', does, { ...state, home, left: spend(state, 'evictions') });
}

/** Redis forgets: a key, both, or all that its replica had not heard of. */
export const redisMoves: Moves = (state, world) => {
  const moves: Move[] = [];
  const { value, flight } = state.home;
  if (state.left.evictions > 0) {
    if (value !== null) moves.push(evict(state, 'evicts :v', { value: null, flight }));
    if (flight !== null) moves.push(evict(state, 'evicts :m', { value, flight: null }));
    if (value !== null && flight !== null) moves.push(evict(state, 'evicts :v and :m', { value: null, flight: null }));
  }
  return [...moves, ...failoverMoves(state, world)];
};

const failoverMoves: Moves = (state, world) => {
  const { replica, home, appliedFacts, appliedEstimates, markAt } = state;
  if (state.left.failovers > 0 && replica === null) {
    const copy = { home, appliedFacts, appliedEstimates, markAt };
    return [move('Redis', 'the replica hears no more', { ...state, replica: copy, left: spend(state, 'failovers') })];
  }
  if (replica === null) return [];
  return [
    move(
      'Redis',
      'fails over to the replica; the invalidator sees another run and goes back',
      failOver(state, replica, world.hasMarks),
    ),
  ];
};

/** What Redis has forgotten is pending again, since the marks went back with the values; the promise excepts it until then. */
function failOver(state: State, replica: NonNullable<State['replica']>, hasMarks: boolean): State {
  const forgotten = hasMarks ? ~0 : 0;
  const acked = Math.max(1, ...versionsIn(replica.appliedFacts));
  const forgetful = (each: Fetcher): Fetcher => ({
    ...each,
    floor: Math.min(each.floor, acked),
    floorD: Math.min(each.floorD, acked),
    isLeaseLost: each.at !== 'idle',
  });
  return {
    ...state,
    now: state.now + 1, // a failover takes a moment
    home: replica.home,
    replica: null,
    acked,
    pendingFacts: state.pendingFacts | (forgotten & state.appliedFacts & ~replica.appliedFacts),
    pendingEstimates: state.pendingEstimates | (forgotten & state.appliedEstimates & ~replica.appliedEstimates),
    appliedFacts: replica.appliedFacts,
    appliedEstimates: replica.appliedEstimates,
    markAt: replica.markAt,
    isRunClaimed: false,
    isBlind: true,
    requests: state.requests.map(forgetful),
    warmUps: state.warmUps.map(forgetful),
  };
}

/** What was committed before a pause as long as feedStaleMs must be obeyed by whoever begins after it. */
const isStalePause = (pass: Pass): boolean => PASSES[pass] >= PASSES.stales;

/** An upstream call ends long before feedStaleMs: what is under way by then has landed, or its process stands still with all who could join. */
const isLongPause = (pass: Pass): boolean => PASSES[pass] >= PASSES.stales;

/** A failover to a server whose clock is behind, or a clock that was set right. */
const stepBack = (state: State): Move[] =>
  state.left.stepsBack === 0
    ? []
    : [move('clock', 'steps back', { ...state, now: state.now - STEP_BACK, left: spend(state, 'stepsBack') })];

/** Time passes, by the least that makes a difference. */
export const timeMoves: Moves = (state, world) => [...stepBack(state), ...passes(state, world)];

const passes: Moves = (state, world) =>
  (Object.keys(PASSES) as Pass[])
    .filter((pass) => state.left[pass] > 0)
    .map((pass) => {
      const now = state.now + PASSES[pass];
      const requests = isLongPause(pass) ? state.requests.map((each) => ({ ...each, isOpen: false })) : state.requests;
      const staleFloor = isStalePause(pass) && world.feed !== 'claims to run' ? state.factsVersion : state.staleFloor;
      const to = { ...state, now, staleFloor, requests, home: settle(state.home, now), left: spend(state, pass) };
      return move('clock', `time passes: ${whatPasses[pass]}`, to);
    });

const whatPasses: Readonly<Record<Pass, string>> = {
  moments: 'a moment',
  leases: 'past a lease',
  stales: 'past feedStaleMs',
  keeps: 'past keepMs',
  factsTtls: 'past factsTtlMs',
  softs: 'past the soft expiry',
};
