import kafkajs from 'kafkajs';
import type { TopicPartition } from '../../port.ts';
import { nameOf } from '../../partition-name.ts';
import type { LogPlace } from '../../run-loop/log-client.ts';
import type { ClusterInside } from './kafkajs-inside.ts';

/** As the protocol writes them. */
const PLACES: Readonly<Record<LogPlace, string>> = { earliest: '-2', end: '-1' };

/** The end of all records, and not of the transactions that have ended: what is behind an open one is in the log, too. */
const READ_UNCOMMITTED = 0;

/** @returns an end of each partition as its leader says it now, in the same order @throws what the broker answers */
export async function offsetsNow(
  cluster: ClusterInside,
  partitions: readonly TopicPartition[],
  place: LogPlace,
): Promise<bigint[]> {
  const found = new Map<string, bigint>();
  const answers = [...byLeader(cluster, partitions)].map(async ([nodeId, topics]) => {
    const broker = await cluster.findBroker({ nodeId });
    const asked = [...topics].map(([topic, list]) => ({
      topic,
      partitions: list.map((partition) => ({ partition, timestamp: PLACES[place] })),
    }));
    const { responses } = await broker.listOffsets({ isolationLevel: READ_UNCOMMITTED, topics: asked });
    for (const { topic, partitions: list } of responses)
      for (const { partition, offset } of list) found.set(nameOf({ topic, partition }), BigInt(offset));
  });
  await Promise.all(answers);
  return partitions.map((at) => {
    const offset = found.get(nameOf(at));
    if (offset === undefined) throw new kafkajs.KafkaJSError(`nobody leads ${nameOf(at)} now`, { retriable: true });
    return offset;
  });
}

/** @returns by node and topic */
function byLeader(cluster: ClusterInside, partitions: readonly TopicPartition[]): Map<string, Map<string, number[]>> {
  const nodes = new Map<string, Map<string, number[]>>();
  for (const topic of new Set(partitions.map((at) => at.topic))) {
    const asked = partitions.filter((at) => at.topic === topic).map(({ partition }) => partition);
    for (const [node, led] of Object.entries(cluster.findLeaderForPartitions(topic, asked)))
      nodes.set(node, (nodes.get(node) ?? new Map<string, number[]>()).set(topic, led));
  }
  return nodes;
}
