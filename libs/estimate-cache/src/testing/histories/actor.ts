import type { Estimate, Facts, Ticket } from '@porchlight/contracts';
import { afterAcquire, paysForRefresh } from '../../decisions/after-acquire.ts';
import { afterCheck, compareFacts } from '../../decisions/after-check.ts';
import { afterFacts } from '../../decisions/after-facts.ts';
import { leavesBackOff } from '../../decisions/after-fetch.ts';
import { afterFill, answerUnfilled, factsFenceAfter } from '../../decisions/after-fill.ts';
import { afterRead, answersViewer } from '../../decisions/after-read.ts';
import { freshnessOf, type FreshnessPolicy } from '../../freshness.ts';
import type { CachedEstimate, EstimateCache, LeaseClass } from '../../port.ts';
import type { GivenAnswer, Happening } from './happening.ts';
import type { HomeSource } from './home-source.ts';
import type { Act } from './move.ts';

/** The one home that an actor is at work on, as it stands at this step. */
export interface ActorSurroundings {
  readonly propertyId: string;
  readonly cache: EstimateCache;
  readonly source: HomeSource;
  readonly policy: FreshnessPolicy;
  /** By the world's clock, which is Redis' and the primary's at once. */
  readonly now: number;
  /** Lowest facts version that a request which begins now may be answered from. */
  readonly acknowledged: number;
}

type Step = Extract<Act, { do: 'step' }>;

/** What a step did, and what it answered, if it did. */
export interface Stepped {
  readonly happening: Happening;
  readonly answer?: GivenAnswer;
}

interface Fetching {
  readonly ticket: Ticket;
  readonly facts: Facts;
}

/** Where an actor stands: each step does one thing to Redis, the primary or upstream, and others act in between. */
type Stand =
  | { at: 'begin' }
  | { at: 'check'; value: CachedEstimate }
  | { at: 'touch'; version: number; checkedAt: number }
  | { at: 'invalidate'; version: number }
  | { at: 'acquire'; nonce: string; seenSoftExpiryAt: number | null }
  | { at: 'facts'; ticket: Ticket; factsFence: number }
  | ({ at: 'recheck' | 'pay' } & Fetching)
  | ({ at: 'fill'; estimate: Estimate | null | 'unknown'; attempt: 1 | 2 } & Fetching)
  | { at: 'facts-once-more'; ticket: Ticket; estimate: Estimate | null | 'unknown' }
  | { at: 'answer-unfilled'; factsFence: number }
  | { at: 'release'; nonce: string; backOff: boolean }
  | { at: 'forget'; epoch: string };

/**
 * A request of estimate-api (class s), or a home of a warm-up record on its way from request-filter to data-writer (w): the
 * shipped decisions, one command a step.
 */
export class Actor {
  readonly #class: LeaseClass;
  readonly #name: string;
  #stand: Stand = { at: 'begin' };
  #acknowledgedAtBegin = 0;
  #begun = 0;

  constructor(leaseClass: LeaseClass, name: string) {
    this.#class = leaseClass;
    this.#name = name;
  }

  isAtRest(): boolean {
    return this.#stand.at === 'begin';
  }

  /** Gives up waiting: its deadline has passed. */
  rest(): void {
    this.#stand = { at: 'begin' };
  }

  async step(around: ActorSurroundings, { mishap, lags }: Pick<Step, 'mishap' | 'lags'>): Promise<Stepped> {
    if (mishap === 'dies' && !this.isAtRest()) return this.#die();
    const stand = this.#stand;
    switch (stand.at) {
      case 'begin':
        return this.#begin(around, mishap !== 'may-not-pay');
      case 'check':
        return this.#check(stand, around);
      case 'touch':
        return this.#touch(stand, around);
      case 'invalidate':
        return this.#invalidate(stand, around);
      case 'acquire':
        return this.#acquire(stand, around);
      case 'facts':
        return this.#readFacts(stand, around, mishap);
      case 'recheck':
        return this.#recheck(stand, around);
      case 'pay':
        return this.#pay(stand, around, { fails: mishap === 'upstream-fails', lags });
      case 'fill':
        return this.#fill(stand, around);
      case 'facts-once-more':
        return this.#readFactsOnceMore(stand, around);
      case 'answer-unfilled':
        return this.#answerUnfilled(stand, around);
      case 'release':
        return this.#release(stand, around);
      case 'forget':
        return this.#forget(stand, around);
    }
  }

  /** A warm-up's record comes again, under the nonce that names it. */
  #die(): Stepped {
    const isWarm = this.#class === 'w';
    this.#stand = isWarm ? { at: 'acquire', nonce: this.#nonce(), seenSoftExpiryAt: null } : { at: 'begin' };
    return { happening: { did: 'die' } };
  }

  #nonce(): string {
    return `${this.#name}-${this.#begun}`;
  }

  #done(happening: Happening, facts?: Facts, servedFreshAt: number | null = null): Stepped {
    this.#stand = { at: 'begin' };
    if (facts === undefined || this.#class === 'w') return { happening };
    return { happening, answer: this.#answer(facts, servedFreshAt) };
  }

  #answer(facts: Facts, servedFreshAt: number | null): GivenAnswer {
    return { facts, acknowledgedAtBegin: this.#acknowledgedAtBegin, servedFreshAt };
  }

  async #begin(around: ActorSurroundings, maySee: boolean): Promise<Stepped> {
    this.#begun += 1;
    this.#acknowledgedAtBegin = around.acknowledged;
    if (this.#class === 'w') {
      this.#stand = { at: 'acquire', nonce: this.#nonce(), seenSoftExpiryAt: null };
      return this.step(around, { mishap: null, lags: false });
    }
    const [value = null] = await around.cache.read([around.propertyId]);
    const clocks = { databaseNow: around.now, cacheNow: around.now };
    const freshness = value && freshnessOf(value, clocks, around.policy);
    const next = afterRead(freshness);
    const happening: Happening = { did: 'read', value, verdict: next };
    if (value === null || freshness === null || !answersViewer(value, maySee)) {
      this.#stand = { at: 'acquire', nonce: this.#nonce(), seenSoftExpiryAt: null };
      return { happening };
    }
    if (next === 'check') {
      this.#stand = { at: 'check', value };
      return { happening };
    }
    this.#stand =
      freshness.softExpired && !value.isFactsOnly // who may not see it refreshes nothing
        ? { at: 'acquire', nonce: this.#nonce(), seenSoftExpiryAt: value.softExpiryAt }
        : next === 'serve-and-check'
          ? { at: 'check', value }
          : { at: 'begin' };
    return { happening, answer: this.#answer(value.facts, around.now) };
  }

  #check({ value }: Extract<Stand, { at: 'check' }>, { source, now }: ActorSurroundings): Stepped {
    const facts = source.facts(now);
    const next = afterCheck(compareFacts(value.facts, facts));
    const happening: Happening = { did: 'read-facts', facts, then: next };
    const version = facts.visibilityVersion;
    if (next === 'touch') {
      this.#stand = { at: 'touch', version, checkedAt: now };
      return { happening, answer: this.#answer(value.facts, null) };
    }
    this.#stand = next === 'invalidate' ? { at: 'invalidate', version } : { at: 'begin' };
    return { happening };
  }

  async #touch({ version, checkedAt }: Extract<Stand, { at: 'touch' }>, around: ActorSurroundings): Promise<Stepped> {
    const { propertyId, cache } = around;
    const [outcome = 'absent'] = await cache.touch([{ propertyId, visibilityVersion: version, checkedAt }]);
    return this.#done({ did: 'touch', version, outcome });
  }

  async #invalidate({ version }: Extract<Stand, { at: 'invalidate' }>, around: ActorSurroundings): Promise<Stepped> {
    const { propertyId, cache } = around;
    const [outcome = 'absent'] = await cache.invalidate([{ propertyId, visibilityVersion: version }]);
    this.#stand = { at: 'acquire', nonce: this.#nonce(), seenSoftExpiryAt: null };
    return { happening: { did: 'invalidate', version, outcome } };
  }

  async #acquire(stand: Extract<Stand, { at: 'acquire' }>, around: ActorSurroundings): Promise<Stepped> {
    const { nonce, seenSoftExpiryAt } = stand;
    const { propertyId, cache } = around;
    const request = { propertyId, nonce, ...(seenSoftExpiryAt !== null && { seenSoftExpiryAt }) };
    const [answer] = await cache.acquire([request], this.#class);
    if (answer === undefined) throw new Error('ACQUIRE gave no answer');
    const happening: Happening = { did: 'acquire', class: this.#class, request, answer };
    const isForMyself = this.#class === 's' && seenSoftExpiryAt === null;
    if (answer.outcome !== 'hit' && paysForRefresh(answer.outcome)) {
      this.#stand = { at: 'facts', ticket: answer.ticket, factsFence: answer.factsFence };
    } else if (!isForMyself || afterAcquire(answer.outcome, false) === 'read') {
      this.#stand = { at: 'begin' }; // a refresh or a warm-up of somebody else's; or it is there now, and is read
    }
    return { happening };
  }

  #readFacts(
    { ticket, factsFence }: Extract<Stand, { at: 'facts' }>,
    { source, now }: ActorSurroundings,
    mishap: Step['mishap'],
  ): Stepped {
    const found = mishap === 'no-such-home' ? undefined : source.facts(now);
    const judge = () => (mishap === 'may-not-pay' ? ('unpaid' as const) : ('pay' as const));
    const right = afterFacts(found, { factsFence, judge });
    const happening: Happening = { did: 'read-facts', facts: source.facts(now), then: right.kind };
    if (right.kind === 'unknown') this.#stand = { at: 'forget', epoch: ticket.epoch };
    else if (right.kind === 'unpaid')
      this.#stand = { at: 'fill', ticket, facts: right.facts, estimate: 'unknown', attempt: 1 };
    else if (right.kind !== 'pay') this.#stand = { at: 'release', nonce: ticket.nonce, backOff: false };
    else this.#stand = { at: this.#class === 'w' ? 'recheck' : 'pay', ticket, facts: right.facts };
    return { happening };
  }

  async #recheck(
    { ticket, facts }: Extract<Stand, { at: 'recheck' | 'pay' }>,
    around: ActorSurroundings,
  ): Promise<Stepped> {
    const { propertyId, cache } = around;
    const request = { propertyId, ticket, visibilityVersion: facts.visibilityVersion };
    const [isWorthPaying = false] = await cache.recheck([request]);
    this.#stand = isWorthPaying ? { at: 'pay', ticket, facts } : { at: 'begin' };
    return { happening: { did: 'recheck', isWorthPaying } };
  }

  #pay(
    { ticket, facts }: Extract<Stand, { at: 'recheck' | 'pay' }>,
    { source }: ActorSurroundings,
    { fails, lags }: { fails: boolean; lags: boolean },
  ): Stepped {
    if (fails) {
      this.#stand = { at: 'release', nonce: ticket.nonce, backOff: leavesBackOff('failed') };
      return { happening: { did: 'meet-failure' } };
    }
    const estimate = source.estimate(lags);
    this.#stand = { at: 'fill', ticket, facts, estimate, attempt: 1 };
    return { happening: { did: 'pay', estimateVersion: estimate?.estimateVersion ?? null, lags } };
  }

  async #fill(
    { ticket, facts, estimate, attempt }: Extract<Stand, { at: 'fill' }>,
    { propertyId, cache }: ActorSurroundings,
  ): Promise<Stepped> {
    const request = { propertyId, class: this.#class, ticket, facts, estimate };
    const [answer] = await cache.fill([request]);
    if (answer === undefined) throw new Error('FILL gave no answer');
    const happening: Happening = { did: 'fill', request, answer };
    if ('stored' in answer) return this.#done(happening, answer.stored.facts);
    if (this.#class === 'w') return this.#done(happening); // data-writer has no database: it drops the home
    const next = afterFill(answer.outcome, attempt);
    if (next === 'answer') return this.#done(happening, facts);
    this.#stand =
      next === 'facts-once-more'
        ? { at: 'facts-once-more', ticket, estimate }
        : { at: 'answer-unfilled', factsFence: factsFenceAfter(answer.outcome, facts) };
    return { happening };
  }

  #readFactsOnceMore(
    { ticket, estimate }: Extract<Stand, { at: 'facts-once-more' }>,
    { source, now }: ActorSurroundings,
  ): Stepped {
    const facts = source.facts(now);
    this.#stand = { at: 'fill', ticket, facts, estimate, attempt: 2 };
    return { happening: { did: 'read-facts', facts, then: 'fill' } };
  }

  #answerUnfilled(
    { factsFence }: Extract<Stand, { at: 'answer-unfilled' }>,
    { source, now }: ActorSurroundings,
  ): Stepped {
    const next = answerUnfilled(source.facts(now), factsFence);
    const happening: Happening = { did: 'read-facts', facts: source.facts(now), then: next.kind };
    return this.#done(happening, next.kind === 'answer' ? next.facts : undefined);
  }

  async #release({ nonce, backOff }: Extract<Stand, { at: 'release' }>, around: ActorSurroundings): Promise<Stepped> {
    const { propertyId, cache } = around;
    await cache.release([{ propertyId, nonce, backOff }]);
    return this.#done({ did: 'release', nonce, backOff });
  }

  async #forget({ epoch }: Extract<Stand, { at: 'forget' }>, around: ActorSurroundings): Promise<Stepped> {
    const { propertyId, cache } = around;
    await cache.forget([{ propertyId, epoch }]);
    return this.#done({ did: 'forget', epoch });
  }
}
