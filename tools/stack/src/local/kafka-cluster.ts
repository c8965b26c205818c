import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { kafkaJars } from '../download/maven.ts';
import { downloadsFolder } from '../folders.ts';
import { freePorts, rememberedPorts, rememberPorts } from '../ports.ts';
import { waitUntil } from '../wait-until.ts';
import { findJava } from './java.ts';
import { clusterId, kafkaNodes, nodePidFile, removeKafka, startNode, stopKafka, type NodeHost } from './kafka.ts';
import type { KafkaNode } from './kafka-properties.ts';
import { serverNode, type ServerNode } from './server-node.ts';

/** Below the range from which systems draw outgoing ports, and away from every instance of the whole stack. */
const WISHED_PORTS = {
  kafka: 27092,
  kafkaController: 27192,
  kafka2: 27093,
  kafkaController2: 27193,
  kafka3: 27094,
  kafkaController3: 27194,
};
const HEAP = '192m';
const GONE_MS = 5_000;
/** A broker that is asked to stop hands its leaders over first; one in five of a cluster's never ended. */
const POLITE_STOP_MS = 15_000;

export interface KafkaClusterOptions {
  /** With 3: replication 3, two in sync, the offsets topic replicated. */
  nodes?: 1 | 3;
  /** Data, logs, pid files and ports of this cluster; absolute or from the working directory. */
  dir: string;
  /** Throws the data of an earlier one away first. Default: true. */
  fresh?: boolean;
  /** Of each node, as `-Xmx` takes it. Default: 192m, about 200 MB resident. */
  heap?: string;
  report?: (detail: string) => void;
  signal?: AbortSignal;
}

/**
 * One broker and controller of a cluster. A quorum of nodes must be up, or coming up, for its start to resolve; when it is asked
 * to stop, its leaders move first.
 */
export interface ClusterNode extends ServerNode {
  readonly id: number;
}

/** A Kafka cluster whose nodes can be taken away one by one. */
export interface KafkaCluster {
  /** Comma-separated host:port list of all nodes. */
  readonly address: string;
  readonly nodes: readonly ClusterNode[];
  /** @throws {RangeError} when there is no such node */
  node(id: number): ClusterNode;
  /** Stops all, also those that were frozen; the data stays. */
  stop(): Promise<void>;
}

const clusterNode = (host: NodeHost, node: KafkaNode, nodes: KafkaNode[]): ClusterNode => ({
  id: node.id,
  ...serverNode({
    address: `127.0.0.1:${node.port}`,
    pidFile: nodePidFile(host.folder, node),
    stopGraceMs: POLITE_STOP_MS,
    start: async () => void (await startNode({ ...host, readyNodes: 1 }, node, nodes)),
  }),
});

async function portsOf(folder: string): Promise<typeof WISHED_PORTS> {
  const ports = await freePorts({ ...WISHED_PORTS, ...(await rememberedPorts(folder)) });
  await rememberPorts(folder, ports);
  return ports;
}

/**
 * Starts a KRaft cluster as local processes on the loopback, from the pinned jars, with small heaps.
 *
 * @throws {StackError} SERVER_DIED or SERVER_NOT_READY with the tail of the log; what was started is stopped again
 */
export async function startKafkaCluster(options: KafkaClusterOptions): Promise<KafkaCluster> {
  const { nodes: count = 3, fresh = true, heap = HEAP, report = () => undefined } = options;
  const folder = resolve(options.dir);
  const downloads = downloadsFolder();
  const [java, jars] = await Promise.all([findJava(downloads, report), kafkaJars(downloads, report)]);
  await stopKafka(folder);
  if (fresh) await removeKafka(folder);
  await mkdir(folder, { recursive: true });
  const nodes = kafkaNodes(await portsOf(folder), count);
  const cluster = await clusterId(folder);
  const host = { folder, cluster, java: java.command, jars, heap, readyNodes: count, signal: options.signal };
  report(`starting ${count} nodes with ${heap} of heap each, ${java.reason}`);
  try {
    await Promise.all(nodes.map((node) => startNode(host, node, nodes)));
  } catch (thrown) {
    await stopKafka(folder);
    throw thrown;
  }
  return clusterOf(host, nodes);
}

function clusterOf(host: NodeHost, nodes: KafkaNode[]): KafkaCluster {
  const all = nodes.map((node) => clusterNode(host, node, nodes));
  return {
    address: all.map(({ address }) => address).join(','),
    nodes: all,
    node(id) {
      const found = all.find((each) => each.id === id);
      if (found === undefined) throw new RangeError(`there is no node ${id}`);
      return found;
    },
    async stop() {
      await Promise.all(all.map((node) => node.thaw()));
      await stopKafka(host.folder);
      await waitUntil(async () => !(await anyRuns(all)), { withinMs: GONE_MS });
    },
  };
}

const anyRuns = async (nodes: readonly ClusterNode[]): Promise<boolean> =>
  (await Promise.all(nodes.map((node) => node.isRunning()))).some(Boolean);
