import { NO_RULES, ruleAsOf, takeReading, type FollowedRules } from '../followed-rules.ts';
import type { MlsRule } from '../level-of.ts';
import { decide } from '../decide.ts';

/**
 * A small world in which everything happens that matters to a rule: one home that moves between two MLSs, rules that change,
 * the change feed, one process that polls and answers, readers of the primary that fill the cache, a clock that is set back.
 * What the process does is done by the shipped functions. Each action takes one unit of time.
 */
export interface World {
  /** Time as nobody in the world sees it; the process' own clock shows it. */
  readonly now: number;
  /** What the primary's clock shows beyond that. */
  readonly skew: number;
  /** Rules that the primary holds; an MLS that is missing has none yet. */
  readonly rules: Readonly<Record<Mls, Rule | null>>;
  readonly home: { readonly version: number; readonly mls: Mls };
  /** By facts version: whether everybody was ever allowed to see the home while these facts held. */
  readonly wasOpen: readonly boolean[];
  /** How far the feed has applied the home's changes, and up to when it says that all are. */
  readonly feed: { readonly version: number; readonly watermarkAt: number };
  readonly cached: CachedFacts | null;
  readonly process: Process;
  /** What may still happen. */
  readonly left: Budget;
}

export interface Rule {
  readonly version: number;
  readonly isLoose: boolean;
}

export type Mls = 'leaving' | 'joining';

interface CachedFacts {
  readonly version: number;
  readonly mls: Mls;
  readonly checkedAt: number;
}

interface Poll {
  readonly rules: World['rules'];
  readonly home: number;
  readonly seenAt: number;
  readonly sentMs: number;
}

interface Process {
  readonly followed: FollowedRules;
  /** Polls under way: what the primary said is on the wire. */
  readonly polls: readonly Poll[];
  /** The home's facts version at the snapshot of the newest answered poll: what the home became after it, the copy cannot know. */
  readonly knowsHome: number;
  /** The newest rule of the MLS that the home leaves among those that polls brought. */
  readonly newest: Rule | null;
  /** The watermark of the last reading of the marks. */
  readonly watermarkAt: number;
  /** A home that was read, and up to when its facts are known to hold; the answer is not given yet. */
  readonly answering: (CachedFacts & { readonly asOfAt: number }) | null;
}

export interface Budget {
  readonly ruleChanges: number;
  readonly moves: number;
  readonly polls: number;
  readonly restarts: number;
  readonly clockSteps: number;
  readonly reads: number;
}

export const NEVER = Number.NEGATIVE_INFINITY;
const POLLS_AT_ONCE_MAX = 2;
/** How long each action takes, milliseconds: far more than clocks that are right differ by. */
export const ACTION_MS = 100;
/** How far the primary's clock is set back. */
export const STEP_MS = 4 * ACTION_MS;

const STARTED: Process = {
  followed: NO_RULES,
  polls: [],
  knowsHome: -1,
  newest: null,
  watermarkAt: NEVER,
  answering: null,
};

const HIDDEN = { leaving: strict(1), joining: strict(1) };

/** A home whose MLS hides it, about to move to another that hides it too. */
export const worldOf = (left: Budget, rules: World['rules'] = HIDDEN, mls: Mls = 'leaving'): World => ({
  now: 0,
  skew: 0,
  rules,
  home: { version: 0, mls },
  wasOpen: [rules[mls]?.isLoose ?? false],
  feed: { version: 0, watermarkAt: NEVER },
  cached: null,
  process: STARTED,
  left,
});

/** The same with a process that has read the rules already. */
export function startedWorldOf(left: Budget, rules?: World['rules'], mls?: Mls): World {
  const first = worldOf({ ...left, polls: left.polls + 1 }, rules, mls);
  const sent = ACTIONS['a poll is sent']?.(tick(first)) ?? first;
  return ACTIONS['the first poll is answered']?.(tick(sent)) ?? sent;
}

export function strict(version: number): Rule {
  return { version, isLoose: false };
}

export const loose = (version: number): Rule => ({ version, isLoose: true });

/** What the primary's clock shows. */
export const primaryNow = ({ now, skew }: World): number => now + skew;

const ruleOf = (mlsId: Mls, rule: Rule): MlsRule => {
  const level = rule.isLoose ? 'unregistered' : 'nobody';
  return { mlsId, ruleVersion: rule.version, activeLevel: level, offMarketLevel: level };
};

const factsNow = (world: World): CachedFacts => ({ ...world.home, checkedAt: primaryNow(world) });

/** Notes whether the home is open under the facts and rules of this moment. */
function noted(world: World): World {
  const { version, mls } = world.home;
  const wasOpen = [...world.wasOpen];
  wasOpen[version] = (wasOpen[version] ?? false) || (world.rules[mls]?.isLoose ?? false);
  return { ...world, wasOpen };
}

const spend = (world: World, what: keyof Budget): World => ({
  ...world,
  left: { ...world.left, [what]: world.left[what] - 1 },
});

const withProcess = (world: World, process: Partial<Process>): World => ({
  ...world,
  process: { ...world.process, ...process },
});

const followedSince = ({ process }: World, mls: Mls): number =>
  process.followed.byMls.get(mls)?.followedSinceAt ?? NEVER;

/** Once the home was read, only what the process learns until it answers can change the answer. */
const beforeReading =
  (act: (world: World) => World | null) =>
  (world: World): World | null =>
    world.process.answering === null ? act(world) : null;

/** What may happen next, by name; null: it cannot. The answer is due from the reading of the home on, at any moment. */
export const ACTIONS: Readonly<Record<string, (world: World) => World | null>> = {
  'the rule of the MLS it leaves is changed': (world) => {
    const rule = world.rules.leaving;
    if (world.left.ruleChanges === 0) return null;
    const changed = rule === null ? loose(1) : { version: rule.version + 1, isLoose: !rule.isLoose };
    return noted(spend({ ...world, rules: { ...world.rules, leaving: changed } }, 'ruleChanges'));
  },
  'the home changes its MLS': beforeReading((world) => {
    if (world.left.moves === 0) return null;
    const { version, mls } = world.home;
    const home = { version: version + 1, mls: mls === 'leaving' ? 'joining' : 'leaving' } as const;
    return noted(spend({ ...world, home }, 'moves'));
  }),
  'the feed applies a change': beforeReading((world) => {
    const version = world.feed.version + 1;
    if (version > world.home.version) return null;
    const isOld = world.cached !== null && world.cached.version < version;
    return { ...world, feed: { ...world.feed, version }, cached: isOld ? null : world.cached };
  }),
  'the feed marks that it is up to date': beforeReading((world) =>
    world.feed.version === world.home.version
      ? { ...world, feed: { ...world.feed, watermarkAt: primaryNow(world) } }
      : null,
  ),
  'somebody fills the cache': beforeReading((world) =>
    world.cached === null ? { ...world, cached: factsNow(world) } : null,
  ),
  'a poll is sent': (world) => {
    const { polls } = world.process;
    if (world.left.polls === 0 || polls.length >= POLLS_AT_ONCE_MAX) return null;
    const poll = { rules: world.rules, home: world.home.version, seenAt: primaryNow(world), sentMs: world.now };
    return spend(withProcess(world, { polls: [...polls, poll] }), 'polls');
  },
  'the first poll is answered': (world) => answered(world, 0),
  'the second poll is answered': (world) => answered(world, 1),
  'the marks are read': beforeReading((world) =>
    world.process.watermarkAt === world.feed.watermarkAt
      ? null
      : withProcess(world, { watermarkAt: world.feed.watermarkAt }),
  ),
  'the home is read for an answer': beforeReading((world) => {
    if (world.left.reads === 0 || world.process.followed.last === null) return null;
    return spend(withProcess(world, { answering: readHome(world) }), 'reads');
  }),
  'the process starts anew': beforeReading((world) =>
    world.left.restarts === 0 ? null : spend({ ...world, process: STARTED }, 'restarts'),
  ),
  "the primary's clock is set back": (world) =>
    world.left.clockSteps === 0 || world.process.followed.last === null
      ? null // a process that starts after it cannot know of it
      : spend({ ...world, skew: world.skew - STEP_MS }, 'clockSteps'),
};

function answered(world: World, at: number): World | null {
  const poll = world.process.polls[at];
  if (poll === undefined) return null;
  const rules = Object.entries(poll.rules).flatMap(([mls, rule]) => (rule === null ? [] : [ruleOf(mls as Mls, rule)]));
  const reading = { rules, seenAt: poll.seenAt, sentMs: poll.sentMs, receivedMs: world.now };
  const followed = takeReading(world.process.followed, reading, Infinity);
  const knowsHome = Math.max(world.process.knowsHome, poll.home);
  const { newest: known } = world.process;
  const newest = known !== null && known.version >= (poll.rules.leaving?.version ?? 0) ? known : poll.rules.leaving;
  return withProcess(world, {
    followed,
    knowsHome,
    newest,
    polls: world.process.polls.filter((_, place) => place !== at),
  });
}

/** A hit as estimate-api judges it, checked with the primary where that is asked for; or a miss, which reads the primary. */
function readHome(world: World): NonNullable<Process['answering']> {
  const { cached, process } = world;
  const fromPrimary = { ...factsNow(world), asOfAt: primaryNow(world) };
  if (cached === null || cached.checkedAt > primaryNow(world)) return fromPrimary;
  const asOfAt = Math.max(cached.checkedAt, process.watermarkAt);
  return asOfAt < followedSince(world, cached.mls) ? fromPrimary : { ...cached, asOfAt };
}

/** Whether the answer that is due shows the home to everybody. */
export function isShown(world: World): boolean {
  const { answering, followed } = world.process;
  if (answering === null || answering.asOfAt < followedSince(world, answering.mls)) return false;
  const rules = {
    get: (mlsId: string, asOfAt = NEVER) => {
      const held = followed.byMls.get(mlsId);
      return held && ruleAsOf(held, asOfAt);
    },
  };
  const facts = { status: 'active', mlsId: answering.mls, overrideLevel: null } as const;
  return decide('unregistered', facts, rules, answering.asOfAt).kind === 'allowed';
}

/** What is wrong with the world; null: nothing. */
export function breachOf(world: World): string | null {
  const { answering, newest } = world.process;
  if (answering === null || !isShown(world)) return null;
  const isKnown = answering.version <= world.process.knowsHome; // later ones are as old as a poll may be
  if (isKnown && !(world.wasOpen[answering.version] ?? false)) {
    return 'a home is shown under facts with which nobody was ever allowed to see it';
  }
  if (answering.mls === 'leaving' && newest?.isLoose === false) {
    return 'a home is shown although the newest rule that was seen hides it';
  }
  return null;
}

/** What is under way comes to its end, and nothing else happens. */
const COMES_TO_REST = [
  'a poll is sent',
  'the first poll is answered',
  'the feed applies a change',
  'the feed applies a change',
  'time passes',
  'the feed marks that it is up to date',
  'the marks are read',
  'the home is read for an answer',
];

/** Whether the answer differs from what the primary says once everything has come to rest. */
export function settlesWrongly(world: World): boolean {
  const { answering, polls } = world.process;
  if (answering !== null || polls.length > 0) return false; // a later world of this one is judged
  let rest: World = { ...world, left: { ...world.left, polls: 1, reads: 1 } };
  for (const name of COMES_TO_REST) {
    rest = tick(rest, name === 'time passes' ? STEP_MS + ACTION_MS : ACTION_MS);
    rest = ACTIONS[name]?.(rest) ?? rest;
  }
  return isShown(rest) !== (rest.rules[rest.home.mls]?.isLoose ?? false);
}

export const tick = (world: World, byMs = ACTION_MS): World => ({ ...world, now: world.now + byMs });
