import type { Estimate, Facts, Ticket } from '@porchlight/contracts';
import { randomNonce } from '../nonce.ts';
import { plainEstimateOf } from '../cached-estimate.ts';
import type { AcquireAnswer, CachedEstimate, FillAnswer, LeaseClass } from '../port.ts';
import type { CacheWorld } from './cache-world.ts';

/** Facts of a version, checked later the newer they are. */
export const factsOf = (visibilityVersion: number, changes: Partial<Facts> = {}): Facts => ({
  visibilityVersion,
  status: 'active',
  mlsId: 'mls-1',
  overrideLevel: null,
  checkedAt: 1_000_000 + visibilityVersion,
  ...changes,
});

/** An estimate whose value tells its version. */
export const estimateOf = (estimateVersion: number): Estimate => ({
  estimateVersion,
  valueUsd: estimateVersion * 1_000,
  lowUsd: estimateVersion * 900,
  highUsd: estimateVersion * 1_100,
  computedAt: 1_700_000_000_000 + estimateVersion,
});

/** The bytes that a client gets for `estimateOf(version)`. */
export const jsonOf = (version: number): string =>
  `{"valueUsd":${version * 1_000},"lowUsd":${version * 900},"highUsd":${version * 1_100},"computedAt":${1_700_000_000_000 + version}}`;

type Asked = { class?: LeaseClass; nonce?: string; seenSoftExpiryAt?: number };

/** One home, told as a story: who asks, who fills, who changes it. */
export const storyOf = (world: CacheWorld, propertyId: string) => {
  const { cache } = world;
  const only = <T>(answers: readonly T[]): T => {
    const [answer] = answers;
    if (answers.length !== 1 || answer === undefined) throw new Error(`expected one answer, got ${answers.length}`);
    return answer;
  };
  const ask = async ({ class: leaseClass = 's', nonce = randomNonce(), ...seen }: Asked = {}): Promise<AcquireAnswer> =>
    only(await cache.acquire([{ propertyId, nonce, ...seen }], leaseClass));
  const ticketFrom = async (asked: Asked = {}): Promise<Ticket> => {
    const answer = await ask(asked);
    if (answer.outcome !== 'win') throw new Error(`expected to win, got ${answer.outcome}`);
    return answer.ticket;
  };
  const fill = async (
    ticket: Ticket,
    facts: Facts,
    estimate: Estimate | null | 'unknown',
    leaseClass: LeaseClass = 's',
  ): Promise<FillAnswer> => {
    const answer = only(await cache.fill([{ propertyId, class: leaseClass, ticket, facts, estimate }]));
    return 'stored' in answer ? { ...answer, stored: plainEstimateOf(answer.stored) } : answer;
  };
  return {
    propertyId,
    ask,
    ticketFrom,
    fill,
    read: async (): Promise<CachedEstimate | null> => {
      const value = only(await cache.read([propertyId]));
      return value && plainEstimateOf(value);
    },
    /** Facts version and estimate (`unknown` beside facts alone) of what is served; null: nothing. */
    served: async () => {
      const value = only(await cache.read([propertyId]));
      if (value === null) return null;
      const estimate = value.isFactsOnly ? 'unknown' : (value.estimateJson?.toString() ?? null);
      return { facts: value.facts.visibilityVersion, estimate };
    },
    /** Asks, wins and fills in one breath. */
    store: async (facts: Facts, estimate: Estimate | null | 'unknown'): Promise<CachedEstimate> => {
      const answer = await fill(await ticketFrom(), facts, estimate);
      if (answer.outcome !== 'ok') throw new Error(`expected to store, got ${answer.outcome}`);
      return answer.stored;
    },
    invalidate: async (visibilityVersion: number) => only(await cache.invalidate([{ propertyId, visibilityVersion }])),
    update: async (estimateVersion: number, estimate: Estimate | null) => {
      const change = estimate && { ...estimate, estimateVersion: undefined };
      return only(await cache.update([{ propertyId, estimateVersion, estimate: change }]));
    },
    touch: async (visibilityVersion: number, checkedAt: number) =>
      only(await cache.touch([{ propertyId, visibilityVersion, checkedAt }])),
    recheck: async (ticket: Ticket, visibilityVersion: number) =>
      only(await cache.recheck([{ propertyId, ticket, visibilityVersion }])),
    release: (nonce: string, backOff = false) => cache.release([{ propertyId, nonce, backOff }]),
    forget: (epoch: string) => cache.forget([{ propertyId, epoch }]),
    evict: (key: 'value' | 'flight') => world.evict(propertyId, key),
    plant: (bytes: Buffer | string) => world.plant(propertyId, bytes),
    state: () => world.stateOf(propertyId),
  };
};

export type Story = ReturnType<typeof storyOf>;
