import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafkaJars } from '../download/maven.ts';
import { runCommand } from '../download/run-command.ts';
import { drawnOnce } from '../drawn-once.ts';
import { probeKafka } from '../probe/kafka.adapter.ts';
import { stopServer } from '../server-process.ts';
import type { RunningService } from '../services.ts';
import { drawClusterId } from './draw-cluster-id.ts';
import { logFileOf, pidFileOf, serverFolder, type Instance } from './instance.ts';
import { kafkaProperties, type KafkaNode } from './kafka-properties.ts';
import { fingerprintOf, startServer, tellStarted, type StartedServer } from './start-server.ts';

const READY_MS = 90_000;
const FORMAT_MS = 60_000;
/** A clean stop takes 1.3 to 2.4 s here; one in five of a cluster's never ended. */
const STOP_GRACE_MS = 4_500;
const HEAP = '256m';
/** What a node may take beside its heap, where three share a machine with everything else. */
const NATIVE_BOUNDS = ['-XX:MaxMetaspaceSize=96m', '-XX:ReservedCodeCacheSize=48m', '-XX:MaxDirectMemorySize=64m'];

const log4jFile = fileURLToPath(new URL('log4j2.properties', import.meta.url));
const jvmFlags = (heap: string) => [
  `-Xmx${heap}`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.awt.headless=true',
  `-Dlog4j2.configurationFile=file:${log4jFile}`,
];

const nameOf = (node: KafkaNode) => (node.id === 1 ? 'kafka' : `kafka-${node.id}`);

/** The ports of the nodes: the first one's are the instance's `kafka` and `kafkaController`, the others' are numbered. */
export function kafkaNodes(ports: Record<string, number>, count: number): KafkaNode[] {
  const portOf = (name: string, id: number) => ports[id === 1 ? name : `${name}${id}`] ?? 0;
  return Array.from({ length: count }, (_none, index) => index + 1).map((id) => ({
    id,
    port: portOf('kafka', id),
    controllerPort: portOf('kafkaController', id),
  }));
}

/** One id for the cluster, drawn once, before its nodes start side by side. */
export const clusterId = (folder: string): Promise<string> =>
  drawnOnce(join(folder, 'kafka-cluster-id'), drawClusterId);

async function formatOnce(
  java: string,
  classPath: string,
  propertiesFile: string,
  logFolder: string,
  id: string,
): Promise<void> {
  if (existsSync(join(logFolder, 'meta.properties'))) return;
  const args = [
    ...jvmFlags('128m'),
    '-Dporchlight.log.level=WARN',
    '-cp',
    classPath,
    'kafka.tools.StorageTool',
    'format',
    '--ignore-formatted',
    '-t',
    id,
    '-c',
    propertiesFile,
  ];
  await runCommand(java, args, { timeoutMs: FORMAT_MS });
}

/** What a node is started with, and where. */
export interface NodeHost {
  /** Absolute; the nodes of one cluster share it. */
  folder: string;
  /** Its id. */
  cluster: string;
  java: string;
  jars: string;
  /** As `-Xmx` takes it; the native parts are bounded too when it is given. */
  heap?: string;
  /** How many nodes must be up before this one counts as ready. */
  readyNodes: number;
  signal: AbortSignal | undefined;
}

/** One node, running and answering: the one that was left running, or a new one on its data. */
export async function startNode(
  { folder, cluster, java, jars, heap, readyNodes, signal }: NodeHost,
  node: KafkaNode,
  nodes: KafkaNode[],
): Promise<StartedServer> {
  const name = nameOf(node);
  const home = serverFolder(folder, name);
  const propertiesFile = join(home, 'server.properties');
  const properties = kafkaProperties(node, nodes, join(home, 'data'));
  await mkdir(home, { recursive: true });
  await writeFile(propertiesFile, properties);
  const classPath = join(jars, '*');
  await formatOnce(java, classPath, propertiesFile, join(home, 'data'), cluster);
  const args = [
    '-Xms64m',
    ...jvmFlags(heap ?? HEAP),
    ...(heap === undefined ? [] : NATIVE_BOUNDS),
    '-XX:+ExitOnOutOfMemoryError',
    '-cp',
    classPath,
    'kafka.Kafka',
    propertiesFile,
  ];
  const spec = {
    name: `Kafka node ${node.id}`,
    command: java,
    args,
    pidFile: pidFileOf(folder, name),
    logFile: logFileOf(folder, name),
    marker: propertiesFile,
    fingerprint: fingerprintOf(java, ...args, properties),
  };
  const probe = () => probeKafka(`127.0.0.1:${node.port}`, { nodes: readyNodes });
  return startServer(spec, { probe, readyMs: READY_MS, stop: { graceMs: STOP_GRACE_MS }, signal });
}

/** Where a node says that it runs. */
export const nodePidFile = (folder: string, node: KafkaNode): string => pidFileOf(folder, nameOf(node));

/** Stops every node of the instance, whoever started it. */
export async function stopKafka(folder: string): Promise<void> {
  await Promise.all(
    [1, 2, 3].map((id) =>
      stopServer(pidFileOf(folder, nameOf({ id, port: 0, controllerPort: 0 })), { graceMs: STOP_GRACE_MS }),
    ),
  );
}

export async function removeKafka(folder: string): Promise<void> {
  const names = [1, 2, 3].map((id) => nameOf({ id, port: 0, controllerPort: 0 }));
  await Promise.all(
    [...names, 'kafka-cluster-id'].map((name) => rm(join(folder, name), { recursive: true, force: true })),
  );
}

/** A KRaft cluster of one node (or three) as local processes, data kept in the instance's folder. */
export async function startKafka(
  instance: Instance,
  { nodeCount = 1 }: { nodeCount?: 1 | 3 } = {},
): Promise<RunningService> {
  const [java, jars] = await Promise.all([
    instance.java(),
    kafkaJars(instance.downloads, (detail) => instance.report('kafka', 'downloading', detail)),
  ]);
  instance.report('kafka', 'starting', `one JVM a node, ${java.reason}`);
  const nodes = kafkaNodes(instance.ports, nodeCount);
  const { folder, signal } = instance;
  const cluster = await clusterId(folder);
  const host = { folder, cluster, signal, java: java.command, jars, readyNodes: nodeCount };
  const started = await Promise.all(nodes.map((node) => startNode(host, node, nodes)));
  const address = nodes.map((node) => `127.0.0.1:${node.port}`).join(',');
  const pids = started.map(tellStarted).join('; ');
  const choice = { service: 'kafka' as const, source: 'process' as const, address, reason: pids };
  return { choice, address, stop: () => stopKafka(instance.folder) };
}
