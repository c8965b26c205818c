import { Cluster, Redis } from 'ioredis';
import { redisAddressesOf } from '../adapters/redis/redis-addresses.ts';
import type { RedisTopology } from '../adapters/redis/redis-connection.ts';
import { timeScript } from '../adapters/redis/scripts/look.ts';
import type { HandRedis } from './redis-hand.ts';

/** Where a test's Redis is, and how it is reached. */
export interface CacheServers {
  readonly url: string;
  readonly topology: RedisTopology;
}

/** A connection of a test's own, which is not what is tested. */
export interface HandConnection {
  readonly redis: HandRedis;
  /** UTC milliseconds by the clock of the server that has the key. */
  timeAt(key: string): Promise<number>;
  close(): void;
}

/** Envoy knows no PEXPIRETIME; a script on the key does. */
const EXPIRE_TIME = `return redis.call('PEXPIRETIME', KEYS[1])`;

const seedsOf = (url: string) =>
  redisAddressesOf(url).nodes.map((node) => ({
    host: node.replace(/:\d+$/, ''),
    port: Number(/\d+$/.exec(node)?.[0]),
  }));

const clientOf = ({ url, topology }: CacheServers): Redis | Cluster => {
  if (topology === 'cluster') return new Cluster(seedsOf(url));
  return new Redis(url, topology === 'envoy' ? { protocol: 2, enableReadyCheck: false } : {});
};

/** Opens it to any topology. */
export function openHand(servers: CacheServers): HandConnection {
  const client = clientOf(servers);
  client.on('error', () => {}); // what fails is told by the command
  const expireTime = { value: (key: string) => client.eval(EXPIRE_TIME, 1, key) };
  const redis = servers.topology === 'envoy' ? (Object.create(client, { pexpiretime: expireTime }) as Redis) : client;
  return {
    redis,
    timeAt: async (key) => Number(await client.eval(timeScript.lua, 1, key)),
    close: () => client.disconnect(),
  };
}
