import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { quietKafkajs } from '../probe/quiet-kafkajs.adapter.ts';
import { startKafkaCluster, type KafkaCluster } from './kafka-cluster.ts';

quietKafkajs();

/** Three JVMs start side by side, on a machine that does other things too. */
const START_MS = 240_000;
let dir: string;
let cluster: KafkaCluster;

async function metadataOf(topic: string): Promise<kafkajs.ITopicMetadata['partitions']> {
  const living = cluster.nodes.map(({ address }) => address);
  const admin = new kafkajs.Kafka({ brokers: living, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).includes(topic);
    if (!topics) await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions ?? [];
  } finally {
    await admin.disconnect();
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-cluster-'));
  cluster = await startKafkaCluster({ dir, nodes: 3 });
}, START_MS);

afterAll(async () => {
  await cluster?.stop();
  await rm(dir, { recursive: true, force: true });
}, START_MS);

test(
  'a topic has three replicas; a node that is killed is gone, the topic stays, and the node comes back on its data',
  async () => {
    const [partition] = await metadataOf('lamps');
    expect(partition?.replicas.toSorted()).toEqual([1, 2, 3]);
    const leader = cluster.node(partition?.leader ?? 0);
    await leader.kill();
    expect(await Promise.all(cluster.nodes.map((node) => node.isRunning()))).toEqual(
      cluster.nodes.map((node) => node !== leader),
    );
    await leader.start();
    expect(await leader.isRunning()).toBe(true);
    expect((await metadataOf('lamps'))[0]?.replicas.toSorted()).toEqual([1, 2, 3]);
  },
  START_MS,
);

test('a frozen node still runs, and is stopped with the others', async () => {
  await cluster.node(2).freeze();
  expect(await cluster.node(2).isRunning()).toBe(true);
  await cluster.stop();
  expect(await Promise.all(cluster.nodes.map((node) => node.isRunning()))).toEqual([false, false, false]);
}, 60_000);

test('there is no fourth node', () => {
  expect(() => cluster.node(4)).toThrow('there is no node 4');
});
