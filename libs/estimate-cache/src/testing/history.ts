import type { Estimate, Facts, Ticket } from '@porchlight/contracts';
import fc from 'fast-check';
import type { HomeState } from '../home-state.ts';
import type { LeaseClass } from '../port.ts';
import type { CacheWorld } from './cache-world.ts';
import { estimateOf, storyOf, type Story } from './story.ts';

/** One step of a random history: first time passes, then somebody does something to one of the homes. */
export interface Move {
  readonly waitMs: number;
  readonly home: 0 | 1;
  readonly act: Act;
}

export type Act =
  | { do: 'acquire'; actor: number; class: LeaseClass; refresh: boolean }
  | { do: 'fill'; actor: number; class: LeaseClass; facts: Facts; estimate: number | null | 'unknown' }
  | { do: 'release'; actor: number; backOff: boolean }
  | { do: 'forget' | 'read'; actor: number }
  | { do: 'recheck'; actor: number; version: number }
  | { do: 'invalidate'; version: number }
  | { do: 'update'; version: number; withdraws: boolean }
  | { do: 'touch'; version: number; checkedAt: number }
  | { do: 'evict'; key: 'value' | 'flight' }
  | { do: 'plant' };

const actor = fc.nat({ max: 2 });
const version = fc.integer({ min: 1, max: 4 });
const leaseClass = fc.constantFrom('s' as const, 'w' as const);
const checkedAt = fc.integer({ min: 1, max: 3 });
const facts: fc.Arbitrary<Facts> = fc.record({
  visibilityVersion: version,
  status: fc.constantFrom('active' as const, 'off_market' as const, 'unknown' as const),
  mlsId: fc.constantFrom('mls-1', null),
  overrideLevel: fc.constantFrom('agent' as const, null),
  checkedAt,
});

const estimate: fc.Arbitrary<number | null | 'unknown'> = fc.oneof(
  { weight: 3, arbitrary: version },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.constant('unknown' as const) },
);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('acquire' as const), actor, class: leaseClass, refresh: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('fill' as const),
      actor,
      class: leaseClass,
      facts,
      estimate,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), actor, backOff: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), actor }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), actor }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('recheck' as const), actor, version }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('invalidate' as const), version }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('update' as const), version, withdraws: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('touch' as const), version, checkedAt }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('evict' as const),
      key: fc.constantFrom('value' as const, 'flight' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('plant' as const) }) },
);

/** Mostly a second; sometimes past a lease, a flight, a TTL, or back. */
const waitMs = fc.oneof(
  { weight: 12, arbitrary: fc.constant(1_000) },
  { weight: 4, arbitrary: fc.constantFrom(2_000, 16_000, 121_000, 260_000, 301_000, 3_600_000, -5_000) },
);

export const histories: fc.Arbitrary<Move[]> = fc.array(
  fc.record({ waitMs, home: fc.constantFrom(0 as const, 1 as const), act }),
  { minLength: 1, maxLength: 24 },
);

/** One side of a differential run: a world, and what its actors hold. */
class Side {
  readonly #world: CacheWorld;
  readonly #stories: readonly Story[];
  readonly #tickets = new Map<string, Ticket>();
  readonly #epochs: string[] = [];
  #startedAt = 0;

  constructor(world: CacheWorld, propertyIds: readonly string[]) {
    this.#world = world;
    this.#stories = propertyIds.map((propertyId) => storyOf(world, propertyId));
  }

  async start(): Promise<void> {
    this.#startedAt = await this.#world.now();
  }

  /** How far the world's clock has moved since the start. */
  async elapsedMs(): Promise<number> {
    return (await this.#world.now()) - this.#startedAt;
  }

  async step({ waitMs: ms, home, act: what }: Move): Promise<unknown> {
    const story = this.#stories[home];
    if (story === undefined) throw new Error(`no home ${home}`);
    await this.#world.pass(ms);
    const passed = await this.#states(); // looked at, so that what expired is gone before a clock steps back
    const answer = await this.#play(story, what);
    return this.#comparable({ passed, answer, states: await this.#states() });
  }

  #states(): Promise<HomeState[]> {
    return Promise.all(this.#stories.map((story) => story.state()));
  }

  async #play(story: Story, what: Act): Promise<unknown> {
    if ('actor' in what) return this.#playActor(story, what);
    switch (what.do) {
      case 'invalidate':
        return story.invalidate(what.version);
      case 'update':
        return story.update(what.version, what.withdraws ? null : estimateOf(what.version));
      case 'touch':
        return story.touch(what.version, what.checkedAt);
      case 'evict':
        return story.evict(what.key);
      case 'plant':
        return story.plant('4|a later format');
    }
  }

  async #playActor(story: Story, what: Extract<Act, { actor: number }>): Promise<unknown> {
    const name = `${story.propertyId} ${what.actor}`;
    const ticket = this.#tickets.get(name);
    if (what.do === 'read') return story.read();
    if (what.do === 'acquire') {
      const state = what.refresh ? await story.state() : null;
      const seen = state?.value && state.value !== 'unreadable' ? { seenSoftExpiryAt: state.value.softExpiryAt } : {};
      const answer = await story.ask({ class: what.class, nonce: `actor-${what.actor}`, ...seen });
      if (answer.outcome !== 'hit') this.#tickets.set(name, answer.ticket);
      return answer;
    }
    if (ticket === undefined) return 'holds no ticket';
    switch (what.do) {
      case 'fill':
        return story.fill(ticket, what.facts, filledEstimateOf(what.estimate), what.class);
      case 'release':
        return story.release(ticket.nonce, what.backOff);
      case 'forget':
        return story.forget(ticket.epoch);
      case 'recheck':
        return story.recheck(ticket, what.version);
    }
  }

  /** Two worlds draw other epochs and start at other times: epochs become their number, instants whole seconds. */
  #comparable(value: unknown): unknown {
    const text = JSON.stringify(value, (key: string, each: unknown) => {
      if (isBuffer(each)) return Buffer.from(each.data).toString();
      if (key === 'epoch' && typeof each === 'string') return this.#epochNumber(each);
      if (!INSTANTS.has(key) || typeof each !== 'number' || each === 0) return each;
      return Math.floor((each - this.#startedAt) / 1_000);
    });
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  #epochNumber(epoch: string): number {
    if (!this.#epochs.includes(epoch)) this.#epochs.push(epoch);
    return this.#epochs.indexOf(epoch);
  }
}

const filledEstimateOf = (estimate: number | null | 'unknown'): Estimate | null | 'unknown' =>
  typeof estimate === 'number' ? estimateOf(estimate) : estimate;

const INSTANTS = new Set([
  'acquiredAt',
  'seenSoftExpiryAt',
  'softExpiryAt',
  'hardExpiryAt',
  'endsAt',
  'expiresAt',
  'estimateFenceRoseAt',
]);

const isBuffer = (value: unknown): value is { data: number[] } =>
  typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';

/** What both worlds gave at each step, to be compared; `isTimely` false: the server was too slow to tell. */
export interface DifferentialRun {
  readonly ours: readonly unknown[];
  readonly theirs: readonly unknown[];
  readonly isTimely: boolean;
}

/** A server whose clock ran away from the other by more than this may cross a limit that the other did not. */
const DRIFT_MAX_MS = 400;

/** Plays one history in two worlds, on two fresh homes. */
export async function playBoth(
  ours: CacheWorld,
  theirs: CacheWorld,
  moves: readonly Move[],
  propertyIds: readonly [string, string],
): Promise<DifferentialRun> {
  const sides = [new Side(ours, propertyIds), new Side(theirs, propertyIds)] as const;
  for (const side of sides) await side.start();
  const seen: [unknown[], unknown[]] = [[], []];
  for (const move of moves) {
    seen[0].push(await sides[0].step(move));
    seen[1].push(await sides[1].step(move));
  }
  const driftMs = (await sides[1].elapsedMs()) - (await sides[0].elapsedMs());
  for (const propertyId of propertyIds) {
    await ours.drop(propertyId);
    await theirs.drop(propertyId);
  }
  return { ours: seen[0], theirs: seen[1], isTimely: Math.abs(driftMs) < DRIFT_MAX_MS };
}

/** Limits half a second beside the whole seconds in which histories move, so that drift never crosses one. */
export const historyConfig = {
  jitterShare: 0,
  leaseSyncMs: 1_500,
  leaseWarmMs: 15_500,
  retryMs: 500,
  keepMs: 120_500,
  estimateTtlActiveMs: 300_500,
  estimateTtlOffMarketMs: 14_400_500,
  noneTtlMs: 200_500,
} as const;
