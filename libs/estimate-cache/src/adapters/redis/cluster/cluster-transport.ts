import { CacheUnavailable } from '../../../errors.ts';
import { errorOf, repliesOf, valuesOf, type Result } from '../pipeline-results.ts';
import { cacheErrorOf } from '../redis-errors.ts';
import { beatOf, pipelined, type RedisTransport } from '../redis-transport.ts';
import { runScripts, type Carrier, type Command } from '../run-scripts.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import { readValues } from './read-values.ts';
import { redirectionOf } from './redirection.ts';
import { slotOf } from './slot-of.ts';
import { ValueNodes, type AskOneByOne } from './value-nodes.ts';

/** How often one command is sent on to another node before its home counts as unreachable. */
export const REDIRECTIONS_MAX = 3;

/** What a batch needs to know of the cluster. */
export type NodesInUse = Pick<ClusterNodes, 'ownerOf' | 'at' | 'take' | 'lookAgain'>;

/** A command on its way: its place in the batch, and the node that it is for. */
interface Routed {
  readonly at: number;
  readonly command: Command;
  readonly node: ClusterNode | undefined;
  /** The node does not own the slot yet: it serves the command only if it is told so. */
  readonly asking: boolean;
}

const ASKING = (key: string): Command => ({ name: 'asking', key, args: [] });

/** Sends what is for one node in one pipeline. @returns results in the order of `routed` */
async function sendToNode(node: ClusterNode, routed: readonly Routed[], leftMs: number): Promise<Result[]> {
  try {
    await node.whenOpen(leftMs);
  } catch (error) {
    const unavailable = new CacheUnavailable(`${node.address}: ${cacheErrorOf(error).message}`, error);
    return routed.map(() => [unavailable, null]);
  }
  const isAsked = routed.some(({ asking }) => asking);
  if (!isAsked) {
    return await pipelined(
      node.redis,
      routed.map(({ command }) => command),
      leftMs,
    );
  }
  const pairs = routed.flatMap(({ command }) => [ASKING(command.key), command]);
  const results = await pipelined(node.redis, pairs, leftMs);
  return results.filter((_, i) => i % 2 === 1);
}

const byNode = (routed: readonly Routed[]): Map<ClusterNode, Routed[]> => {
  const groups = new Map<ClusterNode, Routed[]>();
  for (const each of routed) {
    if (each.node === undefined) continue;
    const group = groups.get(each.node);
    if (group === undefined) groups.set(each.node, [each]);
    else group.push(each);
  }
  return groups;
};

const nobody = (slot: number): Result => [new CacheUnavailable(`no node serves the slot ${slot}`), null];

/** A node that is gone, or that says it cannot answer now: the slot may be another's. */
const isLost = (result: Result): boolean => {
  const error = errorOf(result);
  return error !== null && cacheErrorOf(error) instanceof CacheUnavailable;
};

/** One pipeline for each node, side by side; what another node has is sent on to it, a bounded number of times. */
export function clusterCarrier(nodes: NodesInUse): Carrier {
  const sendRound = async (routed: readonly Routed[], results: Result[], leftMs: number): Promise<void> => {
    await Promise.all(
      [...byNode(routed)].map(async ([node, group]) => {
        const answers = await sendToNode(node, group, leftMs);
        group.forEach(({ at }, i) => {
          results[at] = answers[i] ?? [new CacheUnavailable('a pipeline gave too few answers'), null];
        });
      }),
    );
  };
  /** Those that were told to go elsewhere. */
  const sentOn = (routed: readonly Routed[], results: readonly Result[]): Routed[] =>
    routed.flatMap(({ at, command, node }): Routed[] => {
      const result = results[at];
      const redirection = result && node && redirectionOf(errorOf(result), node.address);
      if (!redirection) return [];
      nodes.take(redirection);
      return [{ at, command, node: nodes.at(redirection.address), asking: redirection.kind === 'ask' }];
    });
  return {
    async send(commands, leftMs) {
      const endsAt = performance.now() + leftMs;
      const results: Result[] = [];
      let routed = commands.map((command, at): Routed => ({
        at,
        command,
        node: nodes.ownerOf(slotOf(command.key)),
        asking: false,
      }));
      for (let times = 0; routed.length > 0; times += 1) {
        await sendRound(routed, results, endsAt - performance.now());
        const onward = sentOn(routed, results);
        if (times === REDIRECTIONS_MAX || performance.now() >= endsAt) {
          for (const { at } of onward) results[at] = [new CacheUnavailable('sent from node to node'), null];
          break;
        }
        routed = onward;
      }
      commands.forEach(({ key }, at) => (results[at] ??= nobody(slotOf(key))));
      if (results.some(isLost)) nodes.lookAgain();
      return results;
    },
  };
}

/** A Redis Cluster: one pipeline of reads or of scripts for each primary. */
export function clusterTransport(nodes: NodesInUse, timeoutMs: number): RedisTransport {
  const carrier = clusterCarrier(nodes);
  const askOneByOne: AskOneByOne = async (keys, leftMs) => {
    const gets = keys.map((key): Command => ({ name: 'get', key, args: [key] }));
    const results = await carrier.send(gets, leftMs ?? timeoutMs);
    return results.map((result) => errorOf(result) ?? (result[1] as Buffer | null));
  };
  const valueNodes = new ValueNodes(nodes, askOneByOne);
  return {
    get: async (keys) => valuesOf(await askOneByOne(keys, null)),
    getValues: (propertyIds, text, take) => readValues(valueNodes, propertyIds, text, take),
    run: async (calls) => await runScripts(carrier, calls, timeoutMs),
    async beat(keys, ttlMs) {
      const beats = keys.map((key) => beatOf(key, ttlMs));
      repliesOf(await carrier.send(beats, timeoutMs));
    },
  };
}
