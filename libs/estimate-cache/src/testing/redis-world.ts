import { randomBytes } from 'node:crypto';
import type { Ticket } from '@porchlight/contracts';
import { Redis } from 'ioredis';
import { connectEstimateCache } from '../adapters/redis/connect-estimate-cache.ts';
import { createCacheConfig, type CacheConfig } from '../cache-config.ts';
import { parseValue, printValue, type RejectedReason } from '../format.ts';
import type { Flight, HomeState, StoredValue } from '../home-state.ts';
import { keysOf, progressKeyOf, PROPERTY_ID } from '../keys.ts';
import type { AcquireAnswer, CachedEstimate, EstimateCache, FillAnswer, WriterProgress } from '../port.ts';
import type { CacheWorld } from './cache-world.ts';

/** @throws if the environment does not name a Redis */
export function redisUrl(): string {
  const url = process.env.REDIS_URL;
  if (url === undefined || url === '') throw new Error('REDIS_URL is not set: which Redis should be tested?');
  return url;
}

/** Reads and moves what is stored, as nobody but a test may. */
class RedisHand {
  readonly redis: Redis;
  readonly #keyGeneration: string;

  constructor(redis: Redis, keyGeneration: string) {
    this.redis = redis;
    this.#keyGeneration = keyGeneration;
  }

  keysOf(propertyId: string) {
    return keysOf(propertyId, this.#keyGeneration);
  }

  async value(propertyId: string): Promise<StoredValue | 'unreadable' | null> {
    const key = this.keysOf(propertyId).value;
    const bytes = await this.redis.getBuffer(key);
    if (bytes === null) return null;
    const parsed = parseValue(bytes);
    if ('rejected' in parsed) return 'unreadable';
    const expiresAt = await this.redis.pexpiretime(key);
    if (expiresAt !== parsed.head.hardExpiryAt && expiresAt !== -1 && expiresAt !== -2) {
      throw new Error(`${key} says it ends at ${parsed.head.hardExpiryAt}, and Redis at ${expiresAt}`);
    }
    return { ...parsed.head, estimateJson: parsed.json?.toString('latin1') ?? null };
  }

  async flight(propertyId: string): Promise<Flight | null> {
    const key = this.keysOf(propertyId).flight;
    const { e, ff, fe, ft, l, lx, lc } = await this.redis.hgetall(key);
    if (e === undefined) return null;
    const lease = l === undefined ? null : ({ nonce: l, endsAt: Number(lx), class: lc === 's' ? 's' : 'w' } as const);
    return {
      epoch: e,
      factsFence: Number(ff ?? 0),
      estimateFence: Number(fe ?? 0),
      estimateFenceRoseAt: Number(ft ?? 0),
      lease,
      expiresAt: await this.redis.pexpiretime(key),
    };
  }

  async putValue(propertyId: string, value: StoredValue): Promise<void> {
    const key = this.keysOf(propertyId).value;
    await this.redis.set(key, printValue(value), 'PXAT', value.hardExpiryAt);
  }

  async putFlight(propertyId: string, flight: Flight): Promise<void> {
    const key = this.keysOf(propertyId).flight;
    if (flight.estimateFenceRoseAt > 0) await this.redis.hset(key, 'ft', flight.estimateFenceRoseAt);
    if (flight.lease !== null) await this.redis.hset(key, 'lx', flight.lease.endsAt);
    await this.redis.pexpireat(key, flight.expiresAt);
  }
}

/** Moves every instant by so much; 0 stays "never". */
const shiftValue = (value: StoredValue, ms: number): StoredValue => ({
  ...value,
  acquiredAt: value.acquiredAt + ms,
  softExpiryAt: value.softExpiryAt + ms,
  hardExpiryAt: value.hardExpiryAt + ms,
});
const shiftFlight = (flight: Flight, ms: number): Flight => ({
  ...flight,
  estimateFenceRoseAt: flight.estimateFenceRoseAt === 0 ? 0 : flight.estimateFenceRoseAt + ms,
  lease: flight.lease && { ...flight.lease, endsAt: flight.lease.endsAt + ms },
  expiresAt: flight.expiresAt + ms,
});
const shiftTicket = (ticket: Ticket, ms: number): Ticket => ({
  ...ticket,
  acquiredAt: ticket.acquiredAt + ms,
  seenSoftExpiryAt: ticket.seenSoftExpiryAt === null ? null : ticket.seenSoftExpiryAt + ms,
});
const shiftCached = (cached: CachedEstimate, ms: number): CachedEstimate => ({
  ...cached,
  acquiredAt: cached.acquiredAt + ms,
  softExpiryAt: cached.softExpiryAt + ms,
  hardExpiryAt: cached.hardExpiryAt + ms,
});
const shiftFill = (answer: FillAnswer, ms: number): FillAnswer =>
  'stored' in answer ? { ...answer, stored: shiftCached(answer.stored, ms) } : answer;
const shiftAcquire = (answer: AcquireAnswer, ms: number): AcquireAnswer =>
  answer.outcome === 'hit' ? answer : { ...answer, ticket: shiftTicket(answer.ticket, ms) };

/** The cache as seen at the world's time, which is `aheadMs()` later than the server's. */
function translated(inner: EstimateCache, aheadMs: () => number, seen: Set<string>): EstimateCache {
  const note = <R extends { readonly propertyId: string }>(requests: readonly R[]): readonly R[] => {
    for (const { propertyId } of requests) if (PROPERTY_ID.test(propertyId)) seen.add(propertyId);
    return requests;
  };
  return {
    ...inner,
    read: async (ids) => (await inner.read(ids)).map((cached) => cached && shiftCached(cached, aheadMs())),
    acquire: async (requests, leaseClass) => {
      const theirs = note(requests).map(({ seenSoftExpiryAt, ...request }) =>
        seenSoftExpiryAt === undefined ? request : { ...request, seenSoftExpiryAt: seenSoftExpiryAt - aheadMs() },
      );
      return (await inner.acquire(theirs, leaseClass)).map((answer) => shiftAcquire(answer, aheadMs()));
    },
    fill: async (requests) => {
      const theirs = note(requests).map((each) => ({ ...each, ticket: shiftTicket(each.ticket, -aheadMs()) }));
      return (await inner.fill(theirs)).map((answer) => shiftFill(answer, aheadMs()));
    },
    recheck: (requests) =>
      inner.recheck(requests.map((each) => ({ ...each, ticket: shiftTicket(each.ticket, -aheadMs()) }))),
  };
}

/** A world around the Redis of `REDIS_URL`, under a key generation of its own; its keys are deleted at the end. */
export async function redisWorld(changes: Partial<CacheConfig> = {}): Promise<CacheWorld> {
  const keyGeneration = `t${randomBytes(6).toString('hex')}`;
  const config = createCacheConfig({ ...changes, keyGeneration });
  const rejected: RejectedReason[] = [];
  const connection = await connectEstimateCache({
    url: redisUrl(),
    config,
    commandTimeoutMs: 10_000,
    onRejected: (reason) => rejected.push(reason),
  });
  const redis = new Redis(redisUrl());
  const hand = new RedisHand(redis, keyGeneration);
  const homes = new Set<string>();
  const partitions = new Set<number>();
  let aheadMs = 0;

  const passHome = async (propertyId: string, ms: number) => {
    const value = await hand.value(propertyId);
    const flight = await hand.flight(propertyId);
    if (value !== null && value !== 'unreadable') await hand.putValue(propertyId, shiftValue(value, -ms));
    if (flight !== null) await hand.putFlight(propertyId, shiftFlight(flight, -ms));
  };
  const dropHome = async (propertyId: string) => {
    const { value, flight } = hand.keysOf(propertyId);
    await redis.del(value, flight);
    homes.delete(propertyId);
  };
  const passPartition = async (partition: number, ms: number) => {
    const key = progressKeyOf(partition, keyGeneration);
    const expiresAt = await redis.pexpiretime(key);
    if (expiresAt > 0) await redis.pexpireat(key, expiresAt - ms);
  };
  const progress: WriterProgress = {
    alive: (asked) => connection.progress.alive(asked),
    beat: (asked) => {
      for (const partition of asked) partitions.add(partition);
      return connection.progress.beat(asked);
    },
  };
  return {
    cache: translated(connection.cache, () => aheadMs, homes),
    progress,
    config,
    rejected: () => rejected,
    now: async () => {
      const [seconds, micros] = await redis.time();
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000) + aheadMs;
    },
    async pass(ms) {
      await Promise.all([...homes].map((propertyId) => passHome(propertyId, ms)));
      await Promise.all([...partitions].map((partition) => passPartition(partition, ms)));
      aheadMs += ms;
    },
    async evict(propertyId, key) {
      await redis.del(hand.keysOf(propertyId)[key]);
    },
    async plant(propertyId, bytes) {
      homes.add(propertyId);
      await redis.set(hand.keysOf(propertyId).value, bytes);
    },
    async stateOf(propertyId): Promise<HomeState> {
      const value = await hand.value(propertyId);
      const flight = await hand.flight(propertyId);
      return {
        value: value === null || value === 'unreadable' ? value : shiftValue(value, aheadMs),
        flight: flight && shiftFlight(flight, aheadMs),
      };
    },
    drop: dropHome,
    async close() {
      await Promise.all([...homes].map(dropHome));
      redis.disconnect();
      await connection.close();
    },
  };
}
