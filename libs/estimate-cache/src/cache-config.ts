import type { UpdatedEstimate } from '@porchlight/contracts';
import { estimateJsonOf } from './estimate-json.ts';
import { CacheConfigRefused } from './errors.ts';

/** The times and limits of the protocol. All durations are milliseconds by the clock of Redis. */
export interface CacheConfig {
  /** First part of every key; raised (`e1` to `e2`) by operators to forget everything at once. `[a-z0-9]{1,16}`. */
  readonly keyGeneration: string;
  /** How long a request's lease holds others back: longer than the upstream call that it covers. */
  readonly leaseSyncMs: number;
  /** The same for a warm-up: longer than the forecast deadline; a user steals it anyway. */
  readonly leaseWarmMs: number;
  /** How long nobody tries a home again after an upstream error. */
  readonly retryMs: number;
  /** How long a flight (`:m`) lives after the last ACQUIRE or change, and the age at which a ticket is void. */
  readonly keepMs: number;
  /** Hard TTL of an estimate of a home for sale; an unknown status counts as this, the shorter one. */
  readonly estimateTtlActiveMs: number;
  readonly estimateTtlOffMarketMs: number;
  /** Hard TTL of `none`. */
  readonly noneTtlMs: number;
  /** When one caller begins to refresh, in percent of the hard TTL. */
  readonly softPercent: number;
  /** The widest cut of a TTL by chance, as a share of it: 0.1 means times U(0.9, 1), so that what was filled together does not end together. */
  readonly jitterShare: number;
  /** Most bytes that an estimate may take as JSON. The shape that is known today takes at most 112. */
  readonly payloadBytesMax: number;
  /** What is stored of an estimate, and answered byte for byte: one line of JSON. Default: every field of its schema. */
  readonly payloadOf: (propertyId: string, estimate: UpdatedEstimate, bytesMax: number) => string;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Numbers of design.md section 6; each is configuration with this default. */
export const defaultCacheConfig: CacheConfig = {
  keyGeneration: 'e1',
  leaseSyncMs: 1_500,
  leaseWarmMs: 15_000,
  retryMs: 500,
  keepMs: 120_000,
  estimateTtlActiveMs: 5 * MINUTE_MS,
  estimateTtlOffMarketMs: 4 * HOUR_MS,
  // As long as an active home's: a first estimate is shown no later than a changed one. Longer than keepMs with
  // jitter, so that a warm-up that arrives late still has something to store.
  noneTtlMs: 5 * MINUTE_MS,
  softPercent: 85,
  jitterShare: 0.1,
  payloadBytesMax: 1_024,
  payloadOf: estimateJsonOf,
};

/** Hard TTLs where `estimate.updated` is wired (`FRESHNESS=events`): the topic refreshes, the TTL is only the net. */
export const eventsModeTtls: Pick<CacheConfig, 'estimateTtlActiveMs' | 'estimateTtlOffMarketMs'> = {
  estimateTtlActiveMs: 24 * HOUR_MS,
  estimateTtlOffMarketMs: 7 * 24 * HOUR_MS,
};

const durations = [
  'leaseSyncMs',
  'leaseWarmMs',
  'retryMs',
  'keepMs',
  'estimateTtlActiveMs',
  'estimateTtlOffMarketMs',
  'noneTtlMs',
  'payloadBytesMax',
] as const;

const faultsOf = (config: CacheConfig): string[] => {
  const faults: string[] = [];
  const refuse = (isWrong: boolean, text: string) => isWrong && faults.push(text);
  for (const name of durations) {
    refuse(!Number.isSafeInteger(config[name]) || config[name] < 1, `${name} must be a whole number above 0`);
  }
  refuse(!/^[a-z0-9]{1,16}$/.test(config.keyGeneration), 'keyGeneration must match [a-z0-9]{1,16}');
  refuse(!(config.softPercent >= 1 && config.softPercent <= 100), 'softPercent must be within 1..100');
  refuse(!(config.jitterShare >= 0 && config.jitterShare < 1), 'jitterShare must be within 0..1');
  // A back-off lease is bounded like a sync lease; a longer one would count as one that no lease can be.
  refuse(config.retryMs > config.leaseSyncMs, 'retryMs must not be above leaseSyncMs');
  refuse(Math.max(config.leaseSyncMs, config.leaseWarmMs) > config.keepMs, 'keepMs must not be below a lease');
  const shortest = Math.min(config.estimateTtlActiveMs, config.estimateTtlOffMarketMs, config.noneTtlMs);
  refuse(shortest * (1 - config.jitterShare) <= config.keepMs, 'every TTL less its jitter must be above keepMs');
  return faults;
};

/**
 * The defaults with some of them changed.
 *
 * @throws {CacheConfigRefused} naming every setting that is out of range or contradicts another
 */
export function createCacheConfig(changes: Partial<CacheConfig> = {}): CacheConfig {
  const config = { ...defaultCacheConfig, ...changes };
  const faults = faultsOf(config);
  if (faults.length > 0) throw new CacheConfigRefused(faults);
  return config;
}
