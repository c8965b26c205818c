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

const STATES_MAX = 2_000_000;

/** Breadth first through everything that can happen from `first`. @throws if there are more states than it can hold */
export function searchWorlds(first: World): SearchResult {
  const ways = new Map<string, { readonly from: string | null; readonly action: string }>();
  let frontier = [first];
  ways.set(keyOf(first), { from: null, action: '' });
  for (let depth = 0; frontier.length > 0; depth += 1) {
    const found: World[] = [];
    for (const world of frontier) {
      const breach =
        breachOf(world) ?? (settlesWrongly(world) ? 'when all is quiet, the answer is not that of the primary' : null);
      if (breach !== null) return { states: ways.size, depth, story: [...wayTo(world, ways), breach] };
      for (const [action, act] of Object.entries(ACTIONS)) {
        const next = act(tick(world));
        if (next === null) continue;
        const key = keyOf(next);
        if (ways.has(key)) continue;
        ways.set(key, { from: keyOf(world), action });
        found.push(next);
      }
      if (ways.size > STATES_MAX) throw new Error(`more than ${STATES_MAX} states`);
    }
    if (found.length === 0) return { states: ways.size, depth, story: null };
    frontier = found;
  }
  throw new Error('there is no first state');
}

function wayTo(world: World, ways: ReadonlyMap<string, { from: string | null; action: string }>): string[] {
  const story: string[] = [];
  for (let way = ways.get(keyOf(world)); way !== undefined && way.from !== null; way = ways.get(way.from)) {
    story.unshift(way.action);
  }
  return story;
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
