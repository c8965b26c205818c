import { plainEstimateOf } from '../../cached-estimate.ts';
import { defaultFreshnessPolicy, type FreshnessPolicy } from '../../freshness.ts';
import type { CachedEstimate } from '../../port.ts';
import type { HistoryWorld } from './history-world.ts';
import { estimateOf } from '../story.ts';
import { Actor, type ActorSurroundings } from './actor.ts';
import type { Episode, Happening } from './happening.ts';
import { HomeSource, topicNames, type TopicName } from './home-source.ts';
import { HomeJudge, type Promised, type Violation } from './judge.ts';
import type { Act, ActorNumber, History, Move } from './move.ts';

export interface PlayedHistory {
  /** null: every promise was kept. */
  readonly violation: Violation | null;
  /** Every step up to the violation. */
  readonly episodes: readonly Episode[];
}

/** No marks in a history: so a value that was checked longer ago than this is checked again before it is served. */
const policy: FreshnessPolicy = { ...defaultFreshnessPolicy, feedStaleMs: 30_000 };

/** Steps that an actor gets to come to an end; what takes longer waits for somebody else and gives up. */
const LAST_STEPS_MAX = 12;

const actorNames = ['user-1', 'user-2', 'warm-up'] as const;

const plainStep = (actor: ActorNumber) => ({ do: 'step', actor, times: 1, mishap: null, lags: false }) as const;

/** Said to the database or to upstream, or nothing at all: Redis has heard nothing of it. */
const isBesideRedis = ({ did }: Happening): boolean => BESIDE_REDIS.has(did);
const BESIDE_REDIS: ReadonlySet<Happening['did']> = new Set([
  'read-facts',
  'pay',
  'die',
  'meet-failure',
  'change-facts',
  'appraise',
  'publish',
  'rewind',
  'nothing',
]);

/** One home of a history: its truth, those who are at work on it, and its judge. */
class HomePlay {
  readonly #propertyId: string;
  readonly #world: HistoryWorld;
  readonly #source: HomeSource;
  readonly #judge: HomeJudge;
  readonly #actors = actorNames.map((name) => new Actor(name === 'warm-up' ? 'w' : 's', name));

  constructor(propertyId: string, world: HistoryWorld, isValued: boolean) {
    this.#propertyId = propertyId;
    this.#world = world;
    this.#source = new HomeSource(isValued);
    this.#judge = new HomeJudge(this.#source, world.config, policy);
  }

  get found(): readonly Violation[] {
    return this.#judge.found;
  }

  /** Does one thing, and judges it; what did nothing to Redis has left there what was there before. */
  async play(act: Act, home: number): Promise<Episode> {
    const now = await this.#world.now();
    const episode = { home, ...(await this.#act(act, now)) };
    const { happening, answer } = episode;
    this.#judge.see(happening, answer, isBesideRedis(happening) ? 'as-before' : await this.#stored(), now);
    return episode;
  }

  async #stored(): Promise<CachedEstimate | null> {
    const [value = null] = await this.#world.cache.read([this.#propertyId]);
    return value && plainEstimateOf(value);
  }

  /** Lets every actor end what it began. */
  async rest(home: number, stage: Stage): Promise<void> {
    for (const [number, actor] of this.#actors.entries()) {
      for (let steps = 0; !actor.isAtRest() && steps < LAST_STEPS_MAX && !stage.isOver; steps += 1) {
        stage.show(await this.play(plainStep(number as ActorNumber), home));
      }
      actor.rest();
    }
  }

  async deliverAll(home: number, stage: Stage): Promise<void> {
    stage.show(await this.play({ do: 'publish' }, home));
    for (const topic of topicNames) {
      while (this.#source.next(topic) !== undefined && !stage.isOver) {
        stage.show(await this.play({ do: 'deliver', topic }, home));
      }
    }
  }

  end(): void {
    this.#judge.seeEnd();
  }

  async #act(act: Act, now: number): Promise<Omit<Episode, 'home'>> {
    const by = (who: string, happening: Happening) => ({ who, happening, answer: null });
    switch (act.do) {
      case 'step':
        return this.#step(act, now);
      case 'deliver':
        return by('invalidator', await this.#deliver(act.topic));
      case 'rewind':
        this.#source.rewind(act.topic, act.by);
        return by('invalidator', { did: 'rewind', topic: act.topic, by: act.by });
      case 'evict':
        if (act.key !== 'flight') await this.#world.evict(this.#propertyId, 'value');
        if (act.key !== 'value') await this.#world.evict(this.#propertyId, 'flight');
        return by('Redis', { did: 'evict', key: act.key });
      case 'pass':
        return by('time', { did: 'pass', ms: act.ms });
      case 'change':
        return by('database', {
          did: 'change-facts',
          version: this.#source.changeFacts(act.topic, now),
          what: act.topic,
        });
      case 'publish':
        return by('upstream', { did: 'publish', versions: this.#source.publish() });
      case 'revalue':
      case 'withdraw': {
        const version = this.#source.appraise(act.do === 'revalue');
        return by('upstream', version === null ? { did: 'nothing' } : { did: 'appraise', version, what: act.do });
      }
    }
  }

  async #step(act: Extract<Act, { do: 'step' }>, now: number): Promise<Omit<Episode, 'home'>> {
    const actor = this.#actors[act.actor];
    if (actor === undefined) throw new Error(`no actor ${act.actor}`);
    const around: ActorSurroundings = {
      propertyId: this.#propertyId,
      cache: this.#world.cache,
      source: this.#source,
      policy,
      now,
      acknowledged: this.#judge.acknowledged,
    };
    const { happening, answer = null } = await actor.step(around, act);
    return { who: actorNames[act.actor], happening, answer };
  }

  /** Applies the next change of a topic, then commits it. */
  async #deliver(topic: TopicName): Promise<Happening> {
    const change = this.#source.next(topic);
    if (change === undefined) return { did: 'nothing' };
    const propertyId = this.#propertyId;
    const { version, withdraws } = change;
    if (topic === 'estimate') {
      const estimate = withdraws ? null : { ...estimateOf(version), estimateVersion: undefined };
      const update = { propertyId, estimateVersion: version, estimate };
      const [outcome = 'absent'] = await this.#world.cache.update([update]);
      this.#source.commit(topic);
      return { did: 'update', change: update, outcome };
    }
    const [outcome = 'absent'] = await this.#world.cache.invalidate([{ propertyId, visibilityVersion: version }]);
    this.#source.commit(topic);
    return { did: 'invalidate', version, outcome };
  }
}

/** The homes of one history, everything that happened to them, and whether a promise is broken. */
class Stage {
  readonly episodes: Episode[] = [];
  readonly #homes: readonly HomePlay[];
  readonly #judged: readonly Promised[];
  readonly #world: HistoryWorld;

  constructor(world: HistoryWorld, propertyIds: readonly string[], judged: readonly Promised[]) {
    this.#homes = propertyIds.map((propertyId, number) => new HomePlay(propertyId, world, number === 0));
    this.#judged = judged;
    this.#world = world;
  }

  get violation(): Violation | null {
    for (const { found } of this.#homes) {
      const broken = found.find(({ promise }) => this.#judged.includes(promise));
      if (broken !== undefined) return broken;
    }
    return null;
  }

  get isOver(): boolean {
    return this.violation !== null;
  }

  show(episode: Episode): void {
    this.episodes.push(episode);
  }

  async play({ moves, ends }: History): Promise<void> {
    for (const move of moves) {
      await this.#move(move);
      if (this.isOver) return;
    }
    for (const [number, home] of this.#homes.entries()) {
      if (ends === 'events-first') await home.deliverAll(number, this);
      await home.rest(number, this);
      await home.deliverAll(number, this);
      if (this.isOver) return;
    }
    for (const home of this.#homes) home.end();
  }

  async #move({ home, act }: Move): Promise<void> {
    if (act.do === 'pass') {
      await this.#world.pass(act.ms);
      for (const [number, each] of this.#homes.entries()) this.show(await each.play(act, number));
      return;
    }
    const played = this.#homes[home];
    if (played === undefined) return;
    this.show(await played.play(act, home));
    const times = act.do === 'step' ? act.times : 1;
    for (let more = times - 1; more > 0 && !this.isOver; more -= 1) {
      this.show(await played.play({ ...act, mishap: null } as Act, home));
    }
  }
}

/**
 * Plays a history in a world of its own, and judges every step.
 *
 * @param propertyIds  homes that nobody has touched; the first has an estimate already, the others have none yet
 * @param judged       promises that it is held to; what breaks another one is no violation
 */
export async function playHistory(
  world: HistoryWorld,
  history: History,
  propertyIds: readonly string[],
  judged: readonly Promised[],
): Promise<PlayedHistory> {
  const stage = new Stage(world, propertyIds, judged);
  try {
    await stage.play(history);
    return { violation: stage.violation, episodes: stage.episodes };
  } finally {
    await Promise.all(propertyIds.map((propertyId) => world.drop(propertyId)));
  }
}
