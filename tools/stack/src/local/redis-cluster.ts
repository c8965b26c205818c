import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { downloadsFolder } from '../folders.ts';
import { freePorts, type Ports } from '../ports.ts';
import { askRedis } from '../probe/redis.adapter.ts';
import { formRedisCluster, SLOTS } from './form-redis-cluster.ts';
import { openSlot, type MovingSlot } from './moving-slot.ts';
import type { RedisFlags } from '../redis-flags.ts';
import { findRedisServer } from './redis-binary.ts';
import { redisNode, type RedisNode } from './redis-node.ts';

/** Below the range from which systems draw outgoing ports, and away from every instance of the whole stack. */
const PORT_WISHED = 26_600;
const BUS_PORT_WISHED = 26_700;
/** After this silence a node counts as failing; its replica is promoted about a second later. */
const NODE_TIMEOUT_MS = 2_000;

export interface RedisClusterOptions {
  readonly primaries?: number;
  /** Of each primary. */
  readonly replicas?: 0 | 1 | 2;
  /** Data, logs and pid files; absolute or from the working directory. What an earlier cluster left there is thrown away. */
  readonly dir: string;
  readonly nodeTimeoutMs?: number;
  /** Beside the cache's own settings, for every node: `{ appendonly: 'yes' }`. */
  readonly flags?: RedisFlags;
  readonly report?: (detail: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A Redis Cluster of local processes whose nodes can be taken away one by one, and whose slots can be moved. */
export interface RedisCluster {
  /** `redis://host:port,host:port,...` of all nodes: REDIS_URL with REDIS_TOPOLOGY=cluster. */
  readonly url: string;
  /** First the primaries as they were at the start, then their replicas in the same order. */
  readonly nodes: readonly RedisNode[];
  /** The slot of a key. */
  slotOf(key: string): Promise<number>;
  /** Who owns a slot, as the living nodes see it. @throws if none of them answers */
  primaryOf(slot: number): Promise<RedisNode>;
  /** All that own slots now. */
  primaries(): Promise<RedisNode[]>;
  /** Begins to move a slot to a node that owns others. */
  openSlot(slot: number, to: RedisNode): Promise<MovingSlot>;
  /** Moves slots, one after the other, with their keys. */
  moveSlots(slots: readonly number[], to: RedisNode): Promise<void>;
  /** Stops all, also those that were frozen. */
  stop(): Promise<void>;
}

const flagsOf = (busPort: number, { nodeTimeoutMs = NODE_TIMEOUT_MS, flags = {} }: RedisClusterOptions) => ({
  'cluster-enabled': 'yes',
  'cluster-config-file': 'nodes.conf',
  'cluster-port': String(busPort),
  'cluster-node-timeout': String(nodeTimeoutMs),
  'cluster-replica-validity-factor': '0',
  // A first copy waits this long for others that might want it too; the default is 5 s.
  'repl-diskless-sync-delay': '0',
  // A primary that is lost must not take the homes of the others with it.
  'cluster-require-full-coverage': 'no',
  ...flags,
});

const wishes = (count: number): Ports =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      [`node${i}`, PORT_WISHED + i] as const,
      [`bus${i}`, BUS_PORT_WISHED + i] as const,
    ]).flat(),
  );

interface ClusterNode {
  readonly node: RedisNode;
  readonly address: string;
  readonly busPort: number;
}

async function createNodes(options: RedisClusterOptions, count: number): Promise<ClusterNode[]> {
  const folder = resolve(options.dir);
  const { command, reason } = await findRedisServer(downloadsFolder(), (detail) =>
    options.report?.(`fetching ${detail}`),
  );
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const ports = await freePorts(wishes(count));
  options.report?.(`starting ${count} nodes; ${reason}`);
  return Array.from({ length: count }, (_, i) => {
    const busPort = ports[`bus${i}`] ?? 0;
    const spec = {
      name: `Redis Cluster node ${i + 1}`,
      folder: join(folder, `node-${i + 1}`),
      port: ports[`node${i}`] ?? 0,
      flags: flagsOf(busPort, options),
    };
    const node = redisNode(command, spec, options.signal);
    return { node, address: node.address, busPort };
  });
}

/**
 * Starts a Redis Cluster as local processes on the loopback: by default three primaries with a replica each.
 *
 * @throws {StackError} SERVER_DIED or SERVER_NOT_READY, DOWNLOAD_FAILED; what was started is stopped again
 */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { primaries: primaryCount = 3, replicas: replicaCount = 1 } = options;
  const all = await createNodes(options, primaryCount * (1 + replicaCount));
  const stop = async (): Promise<void> => {
    await Promise.all(all.map(({ node }) => node.stop()));
  };
  try {
    await Promise.all(all.map(({ node }) => node.start()));
    const primaries = all.slice(0, primaryCount);
    const replicas = all.slice(primaryCount);
    await formRedisCluster(
      primaries,
      primaries.map((_, i) => replicas.filter((_each, r) => r % primaryCount === i)),
    );
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return clusterOf(
    all.map(({ node }) => node),
    stop,
  );
}

/** `[first, last, [host, port, id], replicas...]` */
type SlotRange = [first: number, last: number, primary: [host: string, port: number, clusterId: string]];

/** The reply of the first node that answers. */
async function askLiving(nodes: readonly RedisNode[], command: string, ...args: string[]): Promise<unknown> {
  let last: unknown = new Error('no node of the cluster runs');
  for (const node of nodes) {
    if (!(await node.isRunning())) continue;
    try {
      return await askRedis(node.address, command, ...args);
    } catch (thrown) {
      last = thrown;
    }
  }
  throw last;
}

function clusterOf(nodes: readonly RedisNode[], stop: () => Promise<void>): RedisCluster {
  const ranges = async () => (await askLiving(nodes, 'CLUSTER', 'SLOTS')) as SlotRange[];
  const nodeAt = ([host, port]: SlotRange[2]): RedisNode => {
    const found = nodes.find(({ address }) => address === `${host}:${port}`);
    if (found === undefined) throw new RangeError(`no node of this cluster is at ${host}:${port}`);
    return found;
  };
  const sideOf = async ({ address }: RedisNode) => ({
    address,
    clusterId: String(await askRedis(address, 'CLUSTER', 'MYID')),
  });
  const primaryOf = async (slot: number): Promise<RedisNode> => {
    const range = (await ranges()).find(([first, last]) => first <= slot && slot <= last);
    if (range === undefined) throw new RangeError(`nobody serves the slot ${slot} of ${SLOTS}`);
    return nodeAt(range[2]);
  };
  const primaries = async (): Promise<RedisNode[]> => [...new Set((await ranges()).map((range) => nodeAt(range[2])))];
  const open = async (slot: number, to: RedisNode): Promise<MovingSlot> => {
    const from = await primaryOf(slot);
    const others = (await primaries()).filter((node) => node !== from && node !== to);
    return await openSlot(slot, await sideOf(from), await sideOf(to), await Promise.all(others.map(sideOf)));
  };
  return {
    url: `redis://${nodes.map(({ address }) => address).join(',')}`,
    nodes,
    slotOf: async (key) => Number(await askLiving(nodes, 'CLUSTER', 'KEYSLOT', key)),
    primaryOf,
    primaries,
    openSlot: open,
    async moveSlots(slots, to) {
      for (const slot of slots) await (await open(slot, to)).finish();
    },
    stop,
  };
}
