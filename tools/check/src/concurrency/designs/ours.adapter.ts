import type { Estimate, Facts } from '@porchlight/contracts';
import {
  afterAcquire,
  afterCheck,
  afterFacts,
  afterFill,
  afterRead,
  answerUnfilled,
  compareFacts,
  connectEstimateCache,
  createCacheConfig,
  defaultFreshnessPolicy,
  factsFenceAfter,
  flightKeyOf,
  freshnessOf,
  keysOf,
  leavesBackOff,
  mayTell,
  paysForRefresh,
  randomNonce,
  type AcquireAnswer,
  type CachedEstimate,
  type EstimateCache,
} from '@porchlight/estimate-cache';
import { Redis } from 'ioredis';
import type { SeenHome } from '@porchlight/peer-caches';
import type { CacheDesign, DesignOptions, HomeSource } from './design.ts';

/** No feed is marked in this run: a hit that was checked longer ago than this is checked before it is served. */
export const CHECKED_WITHIN_MS = 5_000;
const DEADLINE_MS = 2_000;
const POLLS_MS = [10, 20, 40, 100] as const;
const COMMAND_TIMEOUT_MS = 5_000;

const policy = { ...defaultFreshnessPolicy, feedStaleMs: CHECKED_WITHIN_MS };

/** Short enough that values end, are refreshed and are filled again within the run. */
export const configFor = (estimateTtlMs: number) =>
  createCacheConfig({
    keepMs: Math.floor(estimateTtlMs / 3),
    leaseWarmMs: Math.floor(estimateTtlMs / 4),
    estimateTtlActiveMs: estimateTtlMs,
    estimateTtlOffMarketMs: estimateTtlMs,
    noneTtlMs: estimateTtlMs,
  });

type Won = Exclude<AcquireAnswer, { outcome: 'hit' }>;

const seenOf = (value: CachedEstimate, source: SeenHome['source']): SeenHome => ({
  facts: value.facts.visibilityVersion,
  estimate: value.estimateJson === null ? 0 : (value.estimateVersion ?? 0),
  source,
  acquiredAt: value.acquiredAt,
  checkedAt: value.facts.checkedAt,
  hardExpiryAt: value.hardExpiryAt,
});

/** What was fetched, and not stored. */
const unfilled = ({ visibilityVersion: facts, checkedAt }: Facts, estimate: Estimate | null): SeenHome => {
  const instants = { acquiredAt: 0, checkedAt, hardExpiryAt: 0 };
  return { facts, estimate: estimate?.estimateVersion ?? 0, source: 'm', ...instants };
};

/** May one who joined be shown what landed? The status is not kept: an active home's facts are believed the shortest. */
function mayJoin({ facts: visibilityVersion, checkedAt }: SeenHome, factsFence: number): boolean {
  const facts: Facts = { visibilityVersion, status: 'active', mlsId: null, overrideLevel: null, checkedAt };
  const now = Date.now();
  const clocks = { databaseNow: now, cacheNow: now };
  const { verdict } = freshnessOf({ facts, softExpiryAt: Number.POSITIVE_INFINITY }, clocks, policy);
  return mayTell(facts, { factsFence, verdict });
}

/** The shipped adapter, taken through the shipped decisions of the read path; flights are shared as in estimate-api. */
class Reading {
  readonly #cache: EstimateCache;
  readonly #source: HomeSource;
  readonly #flights = new Map<string, Promise<SeenHome | null>>();

  constructor(cache: EstimateCache, source: HomeSource) {
    this.#cache = cache;
    this.#source = source;
  }

  async get(propertyId: string): Promise<SeenHome | null> {
    const deadlineAt = Date.now() + DEADLINE_MS;
    const [value = null] = await this.#cache.read([propertyId]);
    const now = Date.now();
    const freshness = value && freshnessOf(value, { databaseNow: now, cacheNow: now }, policy);
    const next = afterRead(freshness);
    if (value === null || freshness === null) return this.#miss(propertyId, deadlineAt);
    if (next === 'check') return this.#check(value, deadlineAt);
    if (freshness.softExpired) void this.#refresh(value);
    return seenOf(value, 'h');
  }

  /** Facts once more, before the answer. */
  async #check(value: CachedEstimate, deadlineAt: number): Promise<SeenHome | null> {
    const { propertyId } = value;
    const facts = await this.#source.factsOf(propertyId);
    const { visibilityVersion, checkedAt } = facts;
    const next = afterCheck(compareFacts(value.facts, facts));
    if (next === 'touch') {
      void this.#cache.touch([{ propertyId, visibilityVersion, checkedAt }]);
      return seenOf(value, 'c');
    }
    if (next !== 'invalidate') return null;
    await this.#cache.invalidate([{ propertyId, visibilityVersion }]);
    return this.#miss(propertyId, deadlineAt);
  }

  async #miss(propertyId: string, deadlineAt: number): Promise<SeenHome | null> {
    const nonce = randomNonce();
    for (let polls = 0; Date.now() < deadlineAt; polls += 1) {
      const [answer] = await this.#cache.acquire([{ propertyId, nonce }], 's');
      if (answer === undefined) return null;
      if (answer.outcome === 'hit') {
        const [value = null] = await this.#cache.read([propertyId]);
        if (value !== null) return seenOf(value, 'm');
        continue;
      }
      const key = flightKeyOf(propertyId, answer.ticket.epoch);
      const flown = this.#flights.get(key);
      const next = afterAcquire(answer.outcome, flown !== undefined);
      if (next === 'join' && flown !== undefined) {
        const seen = await flown;
        if (seen === null || mayJoin(seen, answer.factsFence)) return seen;
        continue; // it read its facts before a change that this request was told of
      }
      if (next === 'pay') return this.#fly(key, propertyId, answer);
      await new Promise((resolve) => setTimeout(resolve, POLLS_MS[polls] ?? 100));
    }
    return null;
  }

  /** Others may join until it lands: whoever does compares what it brings with the fence of its own ACQUIRE. */
  #fly(key: string, propertyId: string, won: Won): Promise<SeenHome | null> {
    const flight = this.pay(propertyId, 's', won).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  async #refresh({ propertyId, softExpiryAt: seenSoftExpiryAt }: CachedEstimate): Promise<void> {
    const [answer] = await this.#cache.acquire([{ propertyId, nonce: randomNonce(), seenSoftExpiryAt }], 's');
    if (answer === undefined || answer.outcome === 'hit' || !paysForRefresh(answer.outcome)) return;
    await this.pay(propertyId, 's', answer);
  }

  /** Facts, then the estimate, then FILL; and what is to be done after a refusal. */
  async pay(propertyId: string, leaseClass: 's' | 'w', { ticket, factsFence }: Won): Promise<SeenHome | null> {
    const first = await this.#source.factsOf(propertyId);
    const right = afterFacts(first, { factsFence, judge: () => 'pay' });
    const give = (backOff: boolean) => this.#cache.release([{ propertyId, nonce: ticket.nonce, backOff }]);
    if (right.kind !== 'pay') {
      await give(false);
      return null;
    }
    const { visibilityVersion } = right.facts;
    if (leaseClass === 'w') {
      const [isWorthPaying = false] = await this.#cache.recheck([{ propertyId, ticket, visibilityVersion }]);
      if (!isWorthPaying) return null;
    }
    let estimate: Estimate | null;
    try {
      estimate = await this.#source.estimateOf(propertyId);
    } catch {
      await give(leavesBackOff('failed'));
      return null;
    }
    const home = { propertyId, class: leaseClass, ticket, estimate };
    let facts = right.facts;
    for (const attempt of [1, 2] as const) {
      const [answer] = await this.#cache.fill([{ ...home, facts }]);
      if (answer === undefined) return null;
      if ('stored' in answer) return seenOf(answer.stored, 'm');
      if (leaseClass === 'w') return null; // data-writer has no database: it drops the home
      const next = afterFill(answer.outcome, attempt);
      if (next === 'answer') return unfilled(facts, estimate);
      if (next === 'read-again') {
        return this.#answerUnfilled(propertyId, estimate, factsFenceAfter(answer.outcome, facts));
      }
      facts = await this.#source.factsOf(propertyId);
    }
    return null;
  }

  async #answerUnfilled(propertyId: string, estimate: Estimate | null, factsFence: number): Promise<SeenHome | null> {
    const next = answerUnfilled(await this.#source.factsOf(propertyId), factsFence);
    return next.kind === 'answer' ? unfilled(next.facts, estimate) : null;
  }

  async warm(propertyId: string): Promise<void> {
    const [answer] = await this.#cache.acquire([{ propertyId, nonce: randomNonce() }], 'w');
    if (answer?.outcome === 'win') await this.pay(propertyId, 'w', answer);
  }
}

/** Porchlight's cache: tickets and fences. */
export async function ours({ redisUrl, source, estimateTtlMs }: DesignOptions): Promise<CacheDesign> {
  const config = configFor(estimateTtlMs);
  const connection = await connectEstimateCache({ url: redisUrl, config, commandTimeoutMs: COMMAND_TIMEOUT_MS });
  const { cache } = connection;
  const redis = new Redis(redisUrl);
  const reading = new Reading(cache, source);
  return {
    get: (propertyId) => reading.get(propertyId),
    warm: (propertyId) => reading.warm(propertyId),
    async factsChanged(propertyId, visibilityVersion) {
      const [outcome] = await cache.invalidate([{ propertyId, visibilityVersion }]);
      return outcome === 'removed' ? 'removed' : 'kept';
    },
    async estimateChanged(propertyId, estimateVersion, estimate) {
      const change = estimate && { ...estimate, estimateVersion: undefined };
      await cache.update([{ propertyId, estimateVersion, estimate: change }]);
    },
    peek: async (propertyIds) => (await cache.read(propertyIds)).map((value) => value && seenOf(value, 'h')),
    async evict(propertyId, key) {
      await redis.del(keysOf(propertyId, config.keyGeneration)[key]);
    },
    async close() {
      redis.disconnect();
      await connection.close();
    },
  };
}
