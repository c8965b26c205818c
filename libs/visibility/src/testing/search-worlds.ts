import { searchStates, type Step } from '@porchlight/state-search';
import {
  ACTION_MS,
  ACTIONS,
  breachOf,
  NEVER,
  primaryNow,
  settlesWrongly,
  STEP_MS,
  tick,
  type World,
} from './rules-world.ts';

export interface SearchResult {
  readonly states: number;
  readonly depth: number;
  /** The shortest way to a breach, one action a line, and the breach; null: there is none, and every state was looked at. */
  readonly story: readonly string[] | null;
}

interface Move extends Step<World> {
  readonly action: string;
}

/** More states than this are a mistake in the world's definition. */
const STATES_MAX = 2_000_000;

const movesOf = (world: World): Move[] =>
  Object.entries(ACTIONS).flatMap(([action, act]) => {
    const to = act(tick(world));
    return to === null ? [] : [{ action, to }];
  });

const judge = (world: World): string | null =>
  breachOf(world) ?? (settlesWrongly(world) ? 'when all is quiet, the answer is not that of the primary' : null);

/**
 * Everything that can happen from `first`, and whether a rule is broken.
 *
 * @throws {WorldTooLarge} beyond STATES_MAX states
 */
export function searchWorlds(first: World): SearchResult {
  const { states, depth, found } = searchStates({
    name: 'a world of rules',
    first,
    movesOf,
    encode: keyOf,
    judgeState: judge,
    statesMax: STATES_MAX,
  });
  return { states, depth, story: found && [...found.trail.map(({ action }) => action), found.breach] };
}

/**
 * Two worlds are the same if they differ only in how long ago things were, in the same order. Where the primary's clock may be
 * set back, what is nearer than that counts as it is; and so does what lies in the future once it was.
 */
export function keyOf(world: World): string {
  const { process, cached, feed, left } = world;
  const { byMls, last, clockMaxAt } = process.followed;
  const instants = [
    feed.watermarkAt,
    process.watermarkAt,
    cached?.checkedAt,
    process.answering?.asOfAt,
    ...process.polls.map(({ seenAt }) => seenAt),
    ...[...byMls.values()].flatMap(({ followedSinceAt, replaced }) => [
      followedSinceAt,
      ...replaced.map(({ seenReplacedAt }) => seenReplacedAt),
    ]),
    clockMaxAt,
  ].map((instant) => instant ?? NEVER);
  const versions = [
    world.home,
    feed.version,
    cached?.version,
    process.answering?.version,
    process.knowsHome,
    process.newest,
  ];
  return JSON.stringify([
    [world.rules, world.wasOpen, versions, left, last && last.seenAt - last.sentMs],
    [...byMls.values()].map(({ rule, replaced }) => [rule.ruleVersion, replaced.length]),
    process.polls.map(({ rules, home, seenAt, sentMs }) => [rules, home, seenAt - sentMs]),
    placesOf(instants, primaryNow(world), left.clockSteps > 0 ? STEP_MS : 0),
  ]);
}

/** How far each instant is from now, if that is later than `nearMs` ago; else its place among all. */
function placesOf(instants: readonly number[], now: number, nearMs: number): string[] {
  const sorted = [...new Set(instants)].sort((one, other) => one - other);
  return instants.map((instant) =>
    instant > now - nearMs ? `${Math.round((instant - now) / ACTION_MS)}` : `#${sorted.indexOf(instant)}`,
  );
}
