import type { Redis } from 'ioredis';
import { parseValue, printValue } from '../format.ts';
import type { Flight, StoredValue } from '../home-state.ts';
import { keysOf } from '../keys.ts';
import { shiftFlight, shiftValue } from './shifted-cache.ts';

/** The few commands that a hand needs, of one key each: one Redis, a cluster or a proxy may be behind them. */
export type HandRedis = Pick<
  Redis,
  'getBuffer' | 'set' | 'del' | 'hgetall' | 'hset' | 'hdel' | 'pexpireat' | 'pexpiretime'
>;

/** Reads and moves what is stored, as nobody but a test may. */
export class RedisHand {
  readonly redis: HandRedis;
  readonly #keyGeneration: string;

  constructor(redis: HandRedis, keyGeneration: string) {
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

  /** Lets time pass for one home: every instant that is stored moves into the past. */
  async pass(propertyId: string, ms: number): Promise<void> {
    const [value, flight] = await Promise.all([this.value(propertyId), this.flight(propertyId)]);
    await Promise.all([
      value !== null && value !== 'unreadable' && this.putValue(propertyId, shiftValue(value, -ms)),
      flight !== null && this.putFlight(propertyId, shiftFlight(flight, -ms)),
    ]);
  }
}
