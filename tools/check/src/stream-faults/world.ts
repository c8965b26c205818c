import type { KafkaCluster } from '@porchlight/stack';
import type { Say } from '../check.ts';
import type { Scenario } from '../faults/scenario.ts';
import type { ClusterView } from './cluster-view.adapter.ts';
import { waitFor } from '../wait-for.ts';

/** What every scenario runs on: one cluster for all of them, healthy before and after each. */
export interface World {
  readonly cluster: KafkaCluster;
  readonly brokers: readonly string[];
  readonly view: ClusterView;
  /** Logs of members go here. */
  readonly folder: string;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** A fault, done to a real group on a real cluster while records flow. */
export type StreamFault = Scenario<World>;

const HEALTHY_MS = 90_000;
const TOPIC_MS = 30_000;
const OFFSETS_TOPIC = '__consumer_offsets';

/** Creates a topic, and waits until each partition has a leader that answers and all its replicas. */
export async function createTopic(
  { view, signal }: World,
  topic: string,
  partitions: number,
  config?: Readonly<Record<string, string>>,
): Promise<void> {
  await view.createTopic(topic, partitions, config);
  const answers = async () => (await view.ends(topic)).length === partitions && isWhole(await view.partitions(topic));
  await waitFor(`the topic ${topic}`, answers, { withinMs: TOPIC_MS, signal });
}

const isWhole = (partitions: readonly { leader: number; isr: readonly number[]; replicas: readonly number[] }[]) =>
  partitions.length > 0 &&
  partitions.every(({ leader, isr, replicas }) => leader > 0 && isr.length === replicas.length);

/** Starts what is down, and waits until every replica of these topics is in sync again. */
export async function mendCluster(world: World, topics: readonly string[]): Promise<void> {
  const { cluster, view, signal } = world;
  await Promise.all(cluster.nodes.map((node) => node.thaw()));
  const down = [];
  for (const node of cluster.nodes) if (!(await node.isRunning())) down.push(node);
  await Promise.all(down.map((node) => node.start()));
  for (const topic of [...topics, OFFSETS_TOPIC]) {
    const whole = async () => isWhole(await view.partitions(topic));
    await waitFor(`every replica of ${topic} in sync`, whole, { withinMs: HEALTHY_MS, signal });
  }
}
