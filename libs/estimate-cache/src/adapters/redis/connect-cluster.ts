import type { Redis } from 'ioredis';
import { CacheUnavailable } from '../../errors.ts';
import { ClusterNodes } from './cluster/cluster-nodes.ts';
import { clusterTransport } from './cluster/cluster-transport.ts';
import { createServerWatch, lookRepeatedly } from './judge-server-again.ts';
import { redisAddressesOf } from './redis-addresses.ts';
import { COMMAND_TIMEOUT_MS, createRedisConnection } from './redis-connection.ts';
import { infoFieldOf, reportOf, settingOf, warningsOrRefusal } from './server-report.ts';
import type { TopologyConnection, TopologyOptions } from './topology-connection.ts';

const COVERAGE = 'cluster-require-full-coverage';

/** @throws {CachePolicyRefused | CacheUnavailable} */
async function judgeNode(address: string, redis: Redis): Promise<readonly string[]> {
  const report = await reportOf(redis);
  // A view may be a moment older than the node: no reason to refuse the cluster, but not a primary now.
  const role = infoFieldOf(report.info, 'role');
  if (role !== null && role !== 'master') throw new CacheUnavailable(`${address} is a ${role} now`);
  const warnings = [...warningsOrRefusal(report, address)];
  if ((await settingOf(redis, COVERAGE)) === 'yes') {
    warnings.push(
      `${COVERAGE} is yes: a lost primary takes the homes of all others with it until it is replaced; set it to no`,
    );
  }
  return warnings;
}

/** Looks again at every primary once a minute. @returns ends it */
function watchNodes(nodes: ClusterNodes, onRefused?: (reason: string) => void): () => void {
  if (onRefused === undefined) return () => undefined;
  const looks = new WeakMap<Redis, () => Promise<void>>();
  const look = (): void => {
    for (const { address, redis } of nodes.open()) {
      const again =
        looks.get(redis) ??
        createServerWatch(
          () => reportOf(redis),
          (reason) => onRefused(`${address}: ${reason}`),
        );
      looks.set(redis, again);
      void again();
    }
  };
  return lookRepeatedly(look);
}

/**
 * Connects to a Redis Cluster by some of its nodes; every primary is judged when it is connected to, also later.
 *
 * @throws {CacheUnavailable} if no node says who owns what, or no primary can be reached now; nothing is left open
 * @throws {CachePolicyRefused} if the protocol does not hold on one of the primaries
 * @throws {CacheConfigRefused} if the address is none
 */
export async function connectCluster(options: TopologyOptions): Promise<TopologyConnection> {
  const { nodes: seeds, urlOf } = redisAddressesOf(options.url);
  const timeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
  const warnings = new Set<string>();
  let connectionsLost = 0;
  const nodes = new ClusterNodes({
    seeds,
    createConnection: (address) => createRedisConnection({ ...options, url: urlOf(address) }),
    async judge(address, redis) {
      for (const warning of await judgeNode(address, redis)) warnings.add(warning);
    },
    askTimeoutMs: timeoutMs,
    onError: options.onConnectionError ?? (() => {}),
    onMemoryLost: () => (connectionsLost += 1),
  });
  try {
    for (const { message } of await nodes.start()) warnings.add(`a primary cannot be reached: ${message}`);
  } catch (error) {
    await nodes.close();
    throw error;
  }
  const stopWatching = watchNodes(nodes, options.onServerRefused);
  return {
    transport: clusterTransport(nodes, timeoutMs),
    warnings: [...warnings],
    connectionsLost: () => connectionsLost,
    isReady: () => nodes.isReady(),
    async close() {
      stopWatching();
      await nodes.close();
    },
  };
}
