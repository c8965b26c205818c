import { expect, test } from '@jest/globals';
import { kafkaNodes } from './kafka.ts';
import { kafkaProperties } from './kafka-properties.ts';

const ports = {
  kafka: 9001,
  kafkaController: 9002,
  kafka2: 9003,
  kafkaController2: 9004,
  kafka3: 9005,
  kafkaController3: 9006,
};
const lines = (text: string) => text.trimEnd().split('\n');

test('one node listens on the loopback alone, keeps one replica, and makes no topic by itself', () => {
  const nodes = kafkaNodes(ports, 1);
  const properties = lines(kafkaProperties(nodes[0]!, nodes, '/data'));
  expect(properties).toEqual(
    expect.arrayContaining([
      'listeners=PLAINTEXT://127.0.0.1:9001,CONTROLLER://127.0.0.1:9002',
      'advertised.listeners=PLAINTEXT://127.0.0.1:9001',
      'controller.quorum.voters=1@127.0.0.1:9002',
      'default.replication.factor=1',
      'min.insync.replicas=1',
      'auto.create.topics.enable=false',
      'log.dirs=/data',
    ]),
  );
});

test('of three nodes each knows all voters, and a write is on two of three', () => {
  const nodes = kafkaNodes(ports, 3);
  const properties = lines(kafkaProperties(nodes[2]!, nodes, '/data'));
  expect(properties).toEqual(
    expect.arrayContaining([
      'node.id=3',
      'listeners=PLAINTEXT://127.0.0.1:9005,CONTROLLER://127.0.0.1:9006',
      'controller.quorum.voters=1@127.0.0.1:9002,2@127.0.0.1:9004,3@127.0.0.1:9006',
      'default.replication.factor=3',
      'min.insync.replicas=2',
    ]),
  );
});
