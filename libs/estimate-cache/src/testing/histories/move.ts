import fc from 'fast-check';
import { topicNames, type TopicName } from './home-source.ts';

/** 0 and 1 are users' requests, 2 is a warm-up. */
export type ActorNumber = 0 | 1 | 2;

/**
 * What may befall an actor at a step: it dies (a lease stays behind; a warm-up's record comes again), upstream fails, its
 * viewer may not pay, or the home turns out not to exist.
 */
export type Mishap = 'dies' | 'upstream-fails' | 'may-not-pay' | 'no-such-home';

export type Act =
  /** One command or look-up after another, so many; each is judged. The mishap befalls it at the first. */
  | {
      readonly do: 'step';
      readonly actor: ActorNumber;
      readonly times: number;
      readonly mishap: Mishap | null;
      readonly lags: boolean;
    }
  | { readonly do: 'change'; readonly topic: 'status' | 'override' }
  | { readonly do: 'revalue' | 'withdraw' | 'publish' }
  | { readonly do: 'deliver'; readonly topic: TopicName }
  | { readonly do: 'rewind'; readonly topic: TopicName; readonly by: number }
  | { readonly do: 'evict'; readonly key: 'value' | 'flight' | 'both' }
  | { readonly do: 'pass'; readonly ms: number };

/** One step of a history: somebody does something to one of the homes, or time passes for all of them. */
export interface Move {
  readonly home: number;
  readonly act: Act;
}

/** A schedule over several homes, and how it ends: all events are delivered and all fetchers done, in this order. */
export interface History {
  readonly moves: readonly Move[];
  readonly ends: 'events-first' | 'fetchers-first';
}

export const HOMES = 2;
/** Long enough for two fetchers, a change of each kind and an eviction to meet; what fails shrinks to fewer. */
const MOVES_MAX = 40;

const actor = fc.constantFrom<ActorNumber>(0, 1, 2);
const mishap = fc.constantFrom<Mishap>('dies', 'upstream-fails', 'may-not-pay', 'no-such-home');

/** A fetch from its read to its fill takes five steps: nobody would come to the end of one if all took turns. */
const TIMES_MAX = 5;

const step: fc.Arbitrary<Act> = fc.record({
  do: fc.constant('step' as const),
  actor,
  times: fc.integer({ min: 1, max: TIMES_MAX }),
  mishap: fc.option<Mishap, null>(mishap, { freq: 14, nil: null }),
  lags: fc.boolean(),
});

/** Past a back-off, a sync lease, a warm lease, a check, a flight, a soft and a hard TTL; and a clock that steps back. */
const jumpMs = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1_600) },
  { weight: 6, arbitrary: fc.constantFrom(600, 16_000, 31_000, 60_000, 121_000, 260_000) },
  { weight: 1, arbitrary: fc.constantFrom(301_000, 3_600_000, -5_000) },
);

/** What a history is about: a race of three things is seldom met where everything happens at once. */
interface Focus {
  readonly topics: readonly TopicName[];
  readonly jumpMs: fc.Arbitrary<number>;
}

const actOf = ({ topics, jumpMs: ms }: Focus): fc.Arbitrary<Act> => {
  const topic = fc.constantFrom(...topics);
  const factsTopics = topics.filter((each) => each !== 'estimate');
  const weigh = (weight: number, arbitrary: fc.Arbitrary<Act>) => ({ weight, arbitrary });
  const acts = [
    weigh(20, step),
    weigh(6, fc.record({ do: fc.constant('deliver' as const), topic })),
    weigh(1, fc.record({ do: fc.constant('rewind' as const), topic, by: fc.integer({ min: 1, max: 3 }) })),
    weigh(
      3,
      fc.record({ do: fc.constant('evict' as const), key: fc.constantFrom('value', 'value', 'flight', 'both') }),
    ),
    weigh(3, fc.record({ do: fc.constant('pass' as const), ms })),
  ];
  if (factsTopics.length > 0) {
    acts.push(weigh(3, fc.record({ do: fc.constant('change' as const), topic: fc.constantFrom(...factsTopics) })));
  }
  if (topics.includes('estimate')) {
    acts.push(weigh(3, fc.record({ do: fc.constantFrom('revalue' as const, 'withdraw' as const) })));
    acts.push(weigh(2, fc.constant({ do: 'publish' as const })));
  }
  return fc.oneof(...acts);
};

/** Mostly the first home, so that its actors meet; the others show that homes do not touch each other. */
const home = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: HOMES - 1 }) },
);

const movesOf = (focus: Focus, of: fc.Arbitrary<number>): fc.Arbitrary<Move[]> =>
  fc.array(fc.record({ home: of, act: actOf(focus) }), { minLength: 1, maxLength: MOVES_MAX, size: 'max' });

const PAST_A_LEASE_MS = 1_600;
const short = fc.constantFrom(PAST_A_LEASE_MS, PAST_A_LEASE_MS, PAST_A_LEASE_MS, 31_000);

/** Random histories. One that fails shrinks to few moves of few actors on one home. */
export const histories: fc.Arbitrary<History> = fc.record({
  moves: fc.oneof(
    { weight: 2, arbitrary: movesOf({ topics: topicNames, jumpMs }, home) },
    { weight: 1, arbitrary: movesOf({ topics: ['status'], jumpMs: short }, fc.constant(0)) },
    { weight: 1, arbitrary: movesOf({ topics: ['estimate'], jumpMs: short }, fc.constantFrom(0, 1)) },
  ),
  ends: fc.constantFrom('events-first', 'fetchers-first'),
});
