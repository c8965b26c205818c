import { shipped } from './design.ts';
import { nothingHappens, type World } from './world.ts';

type Named = Pick<World, 'name' | 'about'> & Partial<Omit<World, 'limits'>> & { limits?: Partial<World['limits']> };

/** Two requests and a warm-up; the facts change once, the estimate once; events are delivered. */
export const world = ({ limits = {}, ...rest }: Named): World => ({
  design: shipped,
  facts: ['active', 'active'],
  estimates: ['none', 'value', 'value'],
  firstEstimate: 1,
  requests: 2,
  warmUps: 1,
  feed: 'runs',
  hasMarks: true,
  someMayNotSee: false,
  readsFactsFirst: false,
  ...rest,
  limits: { ...nothingHappens, ...limits },
});

/** What is looked at is the facts, or the estimate: the other one stays as it is. */
const factsAlone = { estimates: ['none', 'value'] } as const;
const estimateAlone = { facts: ['active'] } as const;

/** In every `npm test`: each is about one kind of trouble, and small. */
export const smallWorlds: readonly World[] = [
  world({
    name: 'evictions',
    about: 'Two requests; both halves change; Redis evicts :v, :m or both.',
    warmUps: 0,
    limits: { evictions: 1 },
  }),
  world({
    name: 'lost replies',
    about: 'A FILL happens, and its reply is lost.',
    ...factsAlone,
    requests: 1,
    limits: { evictions: 1, lostReplies: 1 },
  }),
  world({
    name: 'warm-ups',
    about: 'A request and a warm-up; a record that is delivered again, a call that fails.',
    ...factsAlone,
    requests: 1,
    limits: { evictions: 1, redeliveries: 1, failedCalls: 1 },
  }),
  world({
    name: 'joined flights',
    about: 'Two requests and a warm-up; requests of one process share flights, and calls fail.',
    ...factsAlone,
    limits: { evictions: 1, failedCalls: 1 },
  }),
  world({
    name: 'refreshes',
    about: 'A softly expired value is refreshed by a request or a warm-up.',
    ...estimateAlone,
    requests: 1,
    limits: { softs: 1, evictions: 1 },
  }),
  world({
    name: 'leases',
    about: 'Leases end while their fetches go on, and calls fail.',
    ...estimateAlone,
    warmUps: 0,
    limits: { leases: 1, moments: 1, failedCalls: 1 },
  }),
  world({
    name: 'two clocks',
    about: 'The clock of Redis steps back.',
    ...estimateAlone,
    warmUps: 0,
    limits: { stepsBack: 1, leases: 1 },
  }),
  world({
    name: 'three versions',
    about: 'The facts change twice; their events come in any order, and again.',
    ...factsAlone,
    facts: ['active', 'active', 'active'],
    requests: 1,
    limits: { evictions: 1, duplicates: 1 },
  }),
  world({
    name: 'stopped feed',
    about: 'Events are never delivered; CHECK and TOUCH alone keep promise D.',
    ...factsAlone,
    warmUps: 0,
    feed: 'stopped',
    limits: { stales: 2, evictions: 1 },
  }),
  world({
    name: 'lying feed',
    about: 'Events are never delivered and the marks say that they are: factsTtlMs alone bounds the age of facts.',
    ...factsAlone,
    requests: 1,
    warmUps: 0,
    feed: 'claims to run',
    limits: { factsTtls: 2, stales: 1 },
  }),
  world({
    name: 'failover',
    about: 'A replica that stopped following takes over; the invalidator goes back, estimate-api reads the marks.',
    ...factsAlone,
    requests: 1,
    limits: { failovers: 1, polls: 1 },
  }),
  world({
    name: 'failover of a flight',
    about: 'The same with two requests that may share a flight.',
    ...factsAlone,
    warmUps: 0,
    limits: { failovers: 1, polls: 1 },
  }),
  world({
    name: 'facts alone',
    about: 'Viewers who may see the home and viewers who may not; the facts change, Redis evicts, and leases end.',
    ...factsAlone,
    warmUps: 0,
    someMayNotSee: true,
    limits: { evictions: 1, leases: 1 },
  }),
  world({
    name: 'facts alone beside warm-ups',
    about: 'The same with a warm-up and a value near its end; the estimate changes.',
    ...estimateAlone,
    requests: 1,
    someMayNotSee: true,
    limits: { softs: 1, moments: 1 },
  }),
  world({
    name: 'facts alone of a negative entry',
    about:
      'A home that gets its first estimate, loses it and gets another, for viewers who may see it and who may not.',
    ...estimateAlone,
    estimates: ['none', 'value', 'none', 'value'],
    firstEstimate: 0,
    requests: 1,
    warmUps: 0,
    someMayNotSee: true,
    limits: { moments: 1 },
  }),
  world({
    name: 'negative entry',
    about: 'A home without an estimate gets one, loses it and gets another; events come in any order.',
    ...estimateAlone,
    estimates: ['none', 'value', 'none', 'value'],
    firstEstimate: 0,
    requests: 1,
    limits: { moments: 1 },
  }),
];

/** Searched to the end by `npm run check -- model`: the same troubles, together and more often. */
export const fullWorlds: readonly World[] = [
  world({
    name: 'whole home',
    about: 'Two requests and a warm-up; both halves change; an eviction, a repeated event, a failed call.',
    limits: { evictions: 1, duplicates: 1, failedCalls: 1 },
  }),
  world({
    name: 'whole refresh',
    about: 'The same around the soft expiry, with a warm-up record that is delivered again.',
    requests: 1,
    limits: { softs: 1, evictions: 1, redeliveries: 1 },
  }),
  world({
    name: 'whole forgetting',
    about: 'Two evictions of any key at any time, and a lost reply.',
    ...factsAlone,
    limits: { evictions: 2, lostReplies: 1 },
  }),
  world({
    name: 'whole feed',
    about: 'The feed marks, estimate-api reads the mark, and time passes beyond feedStaleMs.',
    ...factsAlone,
    warmUps: 0,
    limits: { stales: 1, marks: 1, polls: 1, evictions: 1 },
  }),
  world({
    name: 'whole failover',
    about: 'Two requests, two changes of the facts; a replica that stopped following takes over.',
    ...factsAlone,
    warmUps: 0,
    limits: { failovers: 1, marks: 1, polls: 1 },
  }),
  world({
    name: 'whole together',
    about:
      'Two requests and a warm-up that share flights; the facts change; an eviction, and a failover to a replica that stopped following.',
    ...factsAlone,
    limits: { evictions: 1, failovers: 1, polls: 1 },
  }),
  world({
    name: 'whole of facts alone',
    about: 'Two requests and a warm-up, any of which may see the home or not; both halves change; an eviction.',
    someMayNotSee: true,
    limits: { evictions: 1 },
  }),
  world({
    name: 'whole of facts alone, failing over',
    about: 'The same when a replica takes over that stopped following, or FILL gets no reply.',
    ...factsAlone,
    warmUps: 0,
    someMayNotSee: true,
    limits: { failovers: 1, polls: 1, lostReplies: 1 },
  }),
  world({
    name: 'whole negative entry',
    about: 'A home that gets its first estimate, loses it and gets another, with an eviction and a repeated event.',
    ...estimateAlone,
    estimates: ['none', 'value', 'none', 'value'],
    firstEstimate: 0,
    requests: 1,
    limits: { moments: 1, evictions: 1, duplicates: 1 },
  }),
];

/** Orders of steps that are no single line of the library; each must be broken, and shows how. */
export const brokenWorlds: readonly World[] = [
  world({
    name: 'facts before the ticket',
    about: 'The facts are read first, and the ticket is drawn then.',
    readsFactsFirst: true,
    warmUps: 0,
  }),
  world({
    name: 'commit before apply',
    about: 'The invalidator commits an event, and crashes before it has applied it.',
    warmUps: 0,
    limits: { lost: 1 },
  }),
  world({
    name: 'no marks',
    about: 'Redis fails over, and nobody applies again what it forgot.',
    warmUps: 0,
    hasMarks: false,
    limits: { failovers: 1 },
  }),
];
