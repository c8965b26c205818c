import { Redis } from 'ioredis';
import { slotOfKey } from './slot-of-key.ts';

/** What a client without a protocol does on the same servers: the twin of each measurement. It fetches bytes and parses nothing. */
export interface BareRedis {
  get(key: string): Promise<Buffer | null>;
  /** One Redis or Envoy: one MGET. Cluster: one pipeline of GETs for each node, side by side. */
  mget(keys: readonly string[]): Promise<unknown>;
  set(key: string, value: Buffer, ttlMs: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
  /** SET NX PX of each key: a lock as one would take it. One pipeline for each node. */
  lock(keys: readonly string[], ttlMs: number): Promise<unknown>;
  /** Bytes that Redis says it uses for a key. */
  memoryUsage(key: string): Promise<number>;
  /** `used_memory`, of all nodes together. */
  usedMemory(): Promise<number>;
  unlink(keys: readonly string[]): Promise<void>;
  close(): void;
}

const connect = async (url: string): Promise<Redis> => {
  // As ours is: RESP 2, which is all that Envoy knows, and no INFO, which Envoy refuses while a shard is away.
  const redis = new Redis(url, { lazyConnect: true, protocol: 2, disableClientInfo: true, enableReadyCheck: false });
  await redis.connect();
  return redis;
};

const usedMemoryOf = async (redis: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? Number.NaN);

/** One Redis, or an Envoy. */
export async function bareRedis(url: string): Promise<BareRedis> {
  const redis = await connect(url);
  return {
    get: (key) => redis.getBuffer(key),
    mget: (keys) => redis.mgetBuffer(keys as string[]),
    set: (key, value, ttlMs) => redis.set(key, value, 'PX', ttlMs),
    del: (key) => redis.del(key),
    lock: (keys, ttlMs) => {
      const pipeline = redis.pipeline();
      for (const key of keys) pipeline.set(key, 'nonce', 'PX', ttlMs, 'NX');
      return pipeline.exec();
    },
    memoryUsage: async (key) => Number(await redis.call('MEMORY', 'USAGE', key)),
    usedMemory: () => usedMemoryOf(redis),
    unlink: async (keys) => void (await redis.unlink(...keys)),
    close: () => redis.disconnect(),
  };
}

type Range = [first: number, last: number, primary: [host: string, port: number]];

/** Every primary of a cluster by itself: keys are grouped by hand, which costs less than ioredis's own Cluster. */
export async function bareCluster(url: string): Promise<BareRedis> {
  const [seed = ''] = url.replace('redis://', '').split(',');
  const asked = await connect(`redis://${seed}`);
  const ranges = (await asked.call('CLUSTER', 'SLOTS')) as Range[];
  asked.disconnect();
  const addressOf = ([, , [host, port]]: Range) => `redis://${host}:${port}`;
  const nodes = new Map<string, Redis>();
  for (const range of ranges) {
    if (!nodes.has(addressOf(range))) nodes.set(addressOf(range), await connect(addressOf(range)));
  }
  const owners: Redis[] = [];
  for (const range of ranges) {
    const redis = nodes.get(addressOf(range));
    if (redis !== undefined) for (let slot = range[0]; slot <= range[1]; slot += 1) owners[slot] = redis;
  }
  const of = (key: string): Redis => {
    const owner = owners[slotOfKey(key)];
    if (owner === undefined) throw new Error('a slot that no node serves');
    return owner;
  };
  const byNode = (keys: readonly string[]): Map<Redis, string[]> => Map.groupBy(keys, of);
  return {
    get: (key) => of(key).getBuffer(key),
    mget: (keys) =>
      Promise.all(
        [...byNode(keys)].map(([redis, theirs]) => {
          const pipeline = redis.pipeline();
          for (const key of theirs) pipeline.getBuffer(key);
          return pipeline.exec();
        }),
      ),
    set: (key, value, ttlMs) => of(key).set(key, value, 'PX', ttlMs),
    del: (key) => of(key).del(key),
    lock: (keys, ttlMs) =>
      Promise.all(
        [...byNode(keys)].map(([redis, theirs]) => {
          const pipeline = redis.pipeline();
          for (const key of theirs) pipeline.set(key, 'nonce', 'PX', ttlMs, 'NX');
          return pipeline.exec();
        }),
      ),
    memoryUsage: async (key) => Number(await of(key).call('MEMORY', 'USAGE', key)),
    usedMemory: async () => {
      const used = await Promise.all([...nodes.values()].map(usedMemoryOf));
      return used.reduce((sum, bytes) => sum + bytes, 0);
    },
    async unlink(keys) {
      await Promise.all(
        [...byNode(keys)].map(([redis, theirs]) => {
          const pipeline = redis.pipeline();
          for (const key of theirs) pipeline.unlink(key);
          return pipeline.exec();
        }),
      );
    },
    close: () => nodes.forEach((redis) => redis.disconnect()),
  };
}
