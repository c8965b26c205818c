import { Redis } from 'ioredis';
import { slotOfKey } from './slot-of-key.ts';

/** What a client without a protocol does on the same servers: the twin of each measurement. It fetches bytes and parses nothing. */
export interface BareRedis {
  get(key: string): Promise<Buffer | null>;
  /** The same on a connection that sends the commands of one turn as a pipeline by itself, which ioredis does if it is told to. */
  getPipelined(key: string): Promise<Buffer | null>;
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

/** @param pipelines  the commands of one turn go out as a pipeline; ioredis does not do so unless it is told to */
const connect = async (url: string, { pipelines = false } = {}): Promise<Redis> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableAutoPipelining: pipelines,
    // As ours is: RESP 2, which is all that Envoy knows, and no INFO, which Envoy refuses while a shard is away.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
  });
  await redis.connect();
  return redis;
};

const usedMemoryOf = async (redis: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? Number.NaN);

/** One Redis, or an Envoy. */
export async function bareRedis(url: string): Promise<BareRedis> {
  const redis = await connect(url);
  const pipelined = await connect(url, { pipelines: true });
  return {
    get: (key) => redis.getBuffer(key),
    getPipelined: (key) => pipelined.getBuffer(key),
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
    close() {
      redis.disconnect();
      pipelined.disconnect();
    },
  };
}

type Range = [first: number, last: number, primary: [host: string, port: number]];

interface Primary {
  readonly redis: Redis;
  readonly pipelined: Redis;
}

/** Connects to all of a cluster. @returns the owner of each slot */
async function connectPrimaries(url: string): Promise<readonly Primary[]> {
  const [seed = ''] = url.replace('redis://', '').split(',');
  const asked = await connect(`redis://${seed}`);
  const ranges = (await asked.call('CLUSTER', 'SLOTS')) as Range[];
  asked.disconnect();
  const primaries = new Map<string, Primary>();
  const owners: Primary[] = [];
  for (const [first, last, [host, port]] of ranges) {
    const address = `redis://${host}:${port}`;
    const primary = primaries.get(address) ?? {
      redis: await connect(address),
      pipelined: await connect(address, { pipelines: true }),
    };
    primaries.set(address, primary);
    for (let slot = first; slot <= last; slot += 1) owners[slot] = primary;
  }
  return owners;
}

/** Every primary of a cluster by itself: keys are grouped by hand, which costs less than ioredis's own Cluster. */
export async function bareCluster(url: string): Promise<BareRedis> {
  const owners = await connectPrimaries(url);
  const primaryOf = (key: string): Primary => {
    const owner = owners[slotOfKey(key)];
    if (owner === undefined) throw new Error('a slot that no node serves');
    return owner;
  };
  const of = (key: string): Redis => primaryOf(key).redis;
  const byNode = (keys: readonly string[]): Map<Redis, string[]> => Map.groupBy(keys, of);
  return {
    get: (key) => of(key).getBuffer(key),
    getPipelined: (key) => primaryOf(key).pipelined.getBuffer(key),
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
      const used = await Promise.all([...new Set(owners)].map(({ redis }) => usedMemoryOf(redis)));
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
    close() {
      for (const { redis, pipelined } of new Set(owners)) {
        redis.disconnect();
        pipelined.disconnect();
      }
    },
  };
}
