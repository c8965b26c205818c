import { askRedis } from '../probe/redis.adapter.ts';
import { StackError } from '../stack-error.ts';
import { waitUntil } from '../wait-until.ts';

export const SLOTS = 16_384;
/** Gossip takes a second or two; a busy machine more. */
const FORMED_MS = 60_000;

/** A node that runs in cluster mode and knows nobody yet. */
export interface NewNode {
  /** host:port */
  readonly address: string;
  /** Of the cluster's own bus. */
  readonly busPort: number;
}

/** A field of what CLUSTER INFO and INFO print. */
const fieldOf = (printed: unknown, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(printed))?.[1];

async function waitFor(what: string, ask: () => Promise<boolean>): Promise<void> {
  if ((await waitUntil(ask, { withinMs: FORMED_MS })) !== undefined) return;
  throw new StackError('SERVER_NOT_READY', `the Redis Cluster did not form within ${FORMED_MS / 1000} s: ${what}`);
}

async function allOf(nodes: readonly NewNode[], isSo: (node: NewNode) => Promise<boolean>): Promise<boolean> {
  return (await Promise.all(nodes.map(isSo))).every(Boolean);
}

/** Each knows all others, and has shaken hands with them. */
async function knowsAll({ address }: NewNode, count: number): Promise<boolean> {
  const lines = String(await askRedis(address, 'CLUSTER', 'NODES'))
    .trim()
    .split('\n');
  return lines.length === count && !lines.some((line) => line.includes('handshake'));
}

async function isWhole({ address }: NewNode): Promise<boolean> {
  return fieldOf(await askRedis(address, 'CLUSTER', 'INFO'), 'cluster_state') === 'ok';
}

async function isCopying({ address }: NewNode): Promise<boolean> {
  const info = await askRedis(address, 'INFO', 'replication');
  return fieldOf(info, 'role') === 'slave' && fieldOf(info, 'master_link_status') === 'up';
}

/** Every range: its two ends, its primary, its replicas. */
async function seesReplicas({ address }: NewNode, copies: number): Promise<boolean> {
  const ranges = (await askRedis(address, 'CLUSTER', 'SLOTS')) as unknown[][];
  return ranges.length > 0 && ranges.every((range) => range.length === 3 + copies);
}

async function shareSlots(primaries: readonly NewNode[]): Promise<void> {
  const share = SLOTS / primaries.length;
  await Promise.all(
    primaries.map(async ({ address }, i) => {
      await askRedis(address, 'CLUSTER', 'ADDSLOTSRANGE', Math.ceil(i * share), Math.ceil((i + 1) * share) - 1);
    }),
  );
}

/**
 * Makes one cluster of nodes that know nobody: what `redis-cli --cluster create` does, which the Python package lacks.
 * Resolves when every slot is served, every replica has copied its primary, and every node knows.
 *
 * @param replicasOf  for each primary, those that copy it
 * @throws {StackError} SERVER_NOT_READY
 */
export async function formRedisCluster(
  primaries: readonly NewNode[],
  replicasOf: readonly (readonly NewNode[])[],
): Promise<void> {
  const nodes = [...primaries, ...replicasOf.flat()];
  // Epochs that differ from the start: two nodes that begin with the same one would first have to settle that.
  for (const [i, { address }] of nodes.entries()) await askRedis(address, 'CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
  await shareSlots(primaries);
  const [first, ...others] = nodes;
  if (first === undefined) throw new RangeError('a cluster has at least one node');
  for (const { address, busPort } of others) {
    const [host = '', port = ''] = address.split(':');
    await askRedis(first.address, 'CLUSTER', 'MEET', host, port, busPort);
  }
  await waitFor('not every node knows all others', () => allOf(nodes, (node) => knowsAll(node, nodes.length)));
  for (const [i, { address }] of primaries.entries()) {
    const id = String(await askRedis(address, 'CLUSTER', 'MYID'));
    for (const replica of replicasOf[i] ?? []) await askRedis(replica.address, 'CLUSTER', 'REPLICATE', id);
  }
  const copies = replicasOf[0]?.length ?? 0;
  await waitFor('not every slot is served', () => allOf(nodes, isWhole));
  await waitFor('not every replica copies its primary', () => allOf(replicasOf.flat(), isCopying));
  await waitFor('not every node knows the replicas', () => allOf(nodes, (node) => seesReplicas(node, copies)));
}
