import { createHash } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, RLWrapperTimeouts } from 'rate-limiter-flexible';
import type { RedisTransport } from '@porchlight/estimate-cache';
import type { Policy, PolicyName, UnitStore } from './port.ts';

/** How long a count may be waited for; nobody's answer waits for it. */
export const COUNT_TIMEOUT_MS = 250;

export interface RedisUnitStoreOptions {
  readonly policies: readonly Policy[];
  readonly windowSeconds: number;
  readonly transport: Pick<RedisTransport, 'run'>;
  /** Told of each count that Redis did not give, and this process kept by itself. */
  readonly onAlone: () => void;
  /** How long a count may be waited for. Default: COUNT_TIMEOUT_MS. */
  readonly timeoutMs?: number;
}

/** Counts in Redis by rate-limiter-flexible, a key for each account and window; in this process alone while Redis is away. */
export function redisUnitStore(options: RedisUnitStoreOptions): UnitStore {
  const limiters = new Map(options.policies.map((policy) => [policy.name, createLimiter(policy, options)]));
  const limiterOf = (name: PolicyName) => {
    const limiter = limiters.get(name);
    if (limiter === undefined) throw new TypeError(`there is no policy ${name}`);
    return limiter;
  };
  return {
    async add(policy, key, units) {
      const { consumedPoints, msBeforeNext } = await countOf(limiterOf(policy).counts.consume(key, units));
      return { consumed: consumedPoints, endsInMs: msBeforeNext };
    },
    forget: (policy, key) => void limiterOf(policy).insurance.delete(key),
  };
}

function createLimiter({ name, units }: Policy, options: RedisUnitStoreOptions) {
  const { windowSeconds, transport, onAlone, timeoutMs = COUNT_TIMEOUT_MS } = options;
  const window = { points: units, duration: windowSeconds };
  const insurance = new ToldInsurance({ ...window, keyPrefix: name }, onAlone);
  const inRedis = new RateLimiterRedis({
    ...window,
    keyPrefix: `rate:${name}`,
    storeClient: scriptClient(transport),
  });
  // A Redis that hangs is as good as none. The insurance is the outer one's alone: else a count that is late, and then fails,
  // would be insured twice.
  const counts = new RLWrapperTimeouts({ limiter: inRedis, timeoutMs, insuranceLimiter: insurance });
  return { counts, insurance };
}

/** Counts in memory, and says so. */
class ToldInsurance extends RateLimiterMemory {
  readonly #onAlone: () => void;

  constructor(options: ConstructorParameters<typeof RateLimiterMemory>[0], onAlone: () => void) {
    super(options);
    this.#onAlone = onAlone;
  }

  override consume(...asked: Parameters<RateLimiterMemory['consume']>): Promise<RateLimiterRes> {
    this.#onAlone();
    return super.consume(...asked);
  }
}

/** A limiter says no by rejecting with its count, which is what is wanted here; who may ask is decided from it elsewhere. */
async function countOf(consumed: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  try {
    return await consumed;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
}

/**
 * What the limiter takes for an ioredis client: it hands its script over once and calls it by name. So it runs on one Redis,
 * on a cluster and behind an Envoy, by the same connections as the cache's scripts.
 */
function scriptClient(transport: Pick<RedisTransport, 'run'>) {
  let script = { name: 'rate', lua: '', sha: '' };
  return {
    defineCommand(name: string, { lua }: { lua: string }): void {
      script = { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
    },
    async rlflxIncr([key = '', ...args]: readonly string[]): Promise<number[]> {
      const [reply] = await transport.run([{ script, keys: [key], args }]);
      const [consumed, leftMs] = (reply ?? []) as readonly unknown[];
      return [Number(String(consumed)), Math.max(0, Number(String(leftMs)))];
    },
  };
}
