import type { Redis } from 'ioredis';
import { CachePolicyRefused } from '../../errors.ts';
import { createServerWatch, lookRepeatedly } from './judge-server-again.ts';
import { redisAddressesOf } from './redis-addresses.ts';
import { COMMAND_TIMEOUT_MS, createRedisConnection } from './redis-connection.ts';
import { singleRedisTransport } from './redis-transport.ts';
import { infoFieldOf, orUnavailable, reportOf, warningsOrRefusal } from './server-report.ts';
import type { TopologyConnection, TopologyOptions } from './topology-connection.ts';
import { topologyOnOneConnection } from './topology-on-one-connection.ts';

/** Looks at each server that a new connection leads to, and at the one that it has every SERVER_LOOK_MS. @returns ends it */
function watchServer(redis: Redis, onRefused?: (reason: string) => void): () => void {
  if (onRefused === undefined) return () => undefined;
  const look = createServerWatch(() => reportOf(redis), onRefused);
  const again = (): void => void look();
  redis.on('ready', again);
  return lookRepeatedly(again);
}

async function judge(redis: Redis): Promise<readonly string[]> {
  const report = await orUnavailable(redis.connect().then(() => reportOf(redis)));
  if (infoFieldOf(report.info, 'cluster_enabled') === '1') {
    throw new CachePolicyRefused(
      'it is a node of a Redis Cluster; set REDIS_TOPOLOGY to cluster (or to envoy, behind one)',
    );
  }
  return warningsOrRefusal(report);
}

/**
 * Connects to one Redis.
 *
 * @throws {CacheUnavailable} if it cannot be reached now; nothing is left open
 * @throws {CachePolicyRefused} if it is a replica, older than 7, a node of a cluster, or evicts by a refused policy
 * @throws {CacheConfigRefused} if the address is none, or names several
 */
export async function connectSingle(options: TopologyOptions): Promise<TopologyConnection> {
  const { nodes, urlOf } = redisAddressesOf(options.url);
  const [node = ''] = nodes;
  if (nodes.length > 1) {
    throw new CachePolicyRefused('the address names several nodes; set REDIS_TOPOLOGY to cluster, or name one');
  }
  const redis = createRedisConnection({ ...options, url: urlOf(node) });
  return await topologyOnOneConnection(redis, async () => {
    const warnings = await judge(redis);
    const transport = singleRedisTransport(redis, options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS);
    return { transport, warnings, stopWatching: watchServer(redis, options.onServerRefused) };
  });
}
