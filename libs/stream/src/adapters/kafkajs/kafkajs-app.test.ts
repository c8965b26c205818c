import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { silentLogger } from '../../log.ts';
import type { Collector, TopicPartition } from '../../port.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { jsonSerde } from '../../testing/real-kafka.ts';
import { createGate, processing, reading } from '../../testing/test-bed.ts';
import { createKafkaStreamApp } from './kafkajs-app.ts';
import type { GroupInside } from './kafkajs-inside.ts';
import { ConsumerGroup } from './kafkajs-patches.ts';
import { localSettings } from './kafkajs-settings.ts';

const done = (): Promise<void> => Promise.resolve();
const events = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'] }).consumer({ groupId: 'g' }).events;

/** A consumer that says what the test wants it to say. */
function createConsumer() {
  const listeners = new Map<string, (event: { payload: object }) => void>();
  const on = (name: string, listener: (event: { payload: object }) => void) => void listeners.set(name, listener);
  const consumer = { events, on, connect: done, subscribe: done, run: done, disconnect: done };
  return {
    consumer: consumer as unknown as kafkajs.Consumer,
    joins: (partitions: number[]) =>
      listeners.get(events.GROUP_JOIN)?.({ payload: { memberAssignment: { in: partitions } } }),
    /** The coordinator's answer to a heartbeat, so long after it was asked. */
    beats: (tookMs = 0) => {
      listeners.get(events.REQUEST)?.({ payload: { apiName: 'Heartbeat', duration: tookMs } });
      listeners.get(events.HEARTBEAT)?.({ payload: {} });
    },
    crashes: (error: Error) => listeners.get(events.CRASH)?.({ payload: { error } }),
  };
}

const consumers: ReturnType<typeof createConsumer>[] = [];
let consumerOf: jest.SpiedFunction<kafkajs.Kafka['consumer']>;
beforeEach(() => {
  consumers.splice(0);
  consumerOf = jest.spyOn(kafkajs.Kafka.prototype, 'consumer').mockImplementation(() => {
    const created = createConsumer();
    consumers.push(created);
    return created.consumer;
  });
  const admin = { connect: done, disconnect: done, fetchTopicMetadata: () => Promise.resolve({ topics: [] }) };
  jest.spyOn(kafkajs.Kafka.prototype, 'admin').mockImplementation(() => admin as unknown as kafkajs.Admin);
});
afterEach(() => void jest.restoreAllMocks());

async function startApp(
  definition = reading({ name: 'in' }, () => processing(() => undefined)),
  onFatal: (error: Error) => void = (error) => {
    throw error;
  },
) {
  const clock = new ManualClock();
  const app = createKafkaStreamApp({
    connection: { brokers: ['127.0.0.1:1'], clientId: 'c' },
    groupId: 'g',
    definitions: [definition],
    serde: jsonSerde,
    log: silentLogger,
    settings: localSettings,
    clock,
    onFatal,
  });
  void app.start();
  await clock.advance(0);
  const held = (): number[] => app.state().partitions.map(({ partition }) => partition);
  return { app, clock, held };
}

test('what a consumer says that was given up concerns nobody', async () => {
  const { app, clock, held } = await startApp();
  consumers[0]?.joins([0]);
  expect(held()).toEqual([0]);
  consumers[0]?.crashes(new kafkajs.KafkaJSConnectionError('gone'));
  expect(held()).toEqual([]);
  await clock.advance(1_000);
  expect(consumers).toHaveLength(2);
  consumers[0]?.joins([0, 1]);
  expect([held(), app.state().waitingFor]).toEqual([[], ['kafka']]);
  consumers[0]?.crashes(new TypeError('late'));
  consumers[1]?.joins([2]);
  expect([held(), app.state().waitingFor, app.state().phase]).toEqual([[2], [], 'running']);
  await app.stop();
});

test('after a session without an answered heartbeat no partition is claimed, until one is answered', async () => {
  const { app, clock, held } = await startApp();
  consumers[0]?.joins([0, 1]);
  await clock.advance(localSettings.kafka.sessionMs - 1);
  expect(held()).toEqual([0, 1]);
  await clock.advance(1);
  expect(held()).toEqual([]);
  consumers[0]?.beats();
  expect(held()).toEqual([0, 1]);
  await app.stop();
});

test('an answer that lay in a buffer while the process was stopped says nothing of the present', async () => {
  const { app, clock, held } = await startApp();
  consumers[0]?.joins([0]);
  const { sessionMs } = localSettings.kafka;
  await clock.advance(sessionMs + 1_000);
  consumers[0]?.beats(sessionMs);
  expect(held()).toEqual([]);
  consumers[0]?.beats(3);
  expect(held()).toEqual([0]);
  await app.stop();
});

/** An app whose task has begun something and sends when a session without an answered heartbeat is over: as a process does that was frozen. */
async function startFrozenApp() {
  const sent: string[] = [];
  const sendBatch = async ({ topicMessages }: kafkajs.ProducerBatch): Promise<[]> => {
    for (const { messages = [] } of topicMessages ?? []) sent.push(...messages.map(({ key }) => String(key)));
    return [];
  };
  const producer = { connect: done, disconnect: done, sendBatch } as unknown as kafkajs.Producer;
  jest.spyOn(kafkajs.Kafka.prototype, 'producer').mockReturnValue(producer);
  const { sessionMs } = localSettings.kafka;
  const gate = createGate();
  const window = (partition: number) => ({
    everyMs: sessionMs - 1_000,
    run: (collector: Collector) => gate.passed.then(() => collector.send({ name: 'out' }, `of ${partition}`, {})),
  });
  const task = ({ partition }: TopicPartition) => ({ process: () => undefined, window: window(partition) });
  const started = await startApp(reading({ name: 'in' }, task));
  consumers[0]?.joins([0, 1]);
  await started.clock.advance(sessionMs + 1_000);
  gate.open();
  await started.clock.advance(0);
  return { ...started, sent };
}

test('what is made when the session is over is not sent before a heartbeat is answered', async () => {
  const { app, clock, sent } = await startFrozenApp();
  expect(sent).toEqual([]);
  consumers[0]?.beats();
  await clock.advance(1_000);
  expect(sent.toSorted()).toEqual(['of 0', 'of 1']);
  await app.stop();
});

test('what is made when the session is over is never sent if the group gave the partitions away', async () => {
  const { app, clock, sent } = await startFrozenApp();
  consumers[0]?.crashes(new kafkajs.KafkaJSConnectionError('gone'));
  await clock.advance(1_000);
  consumers[1]?.joins([0]);
  await clock.advance(1_000);
  expect(sent).toEqual([]);
  await app.stop();
});

test('a consumer that crashes for another reason than an outage stops the process, which is not live any more', async () => {
  const fatal: Error[] = [];
  const { app, clock, held } = await startApp(undefined, (error) => void fatal.push(error));
  consumers[0]?.joins([0]);
  consumers[0]?.crashes(new TypeError('a bug in the client'));
  await clock.advance(60_000);
  expect(fatal).toMatchObject([{ code: 'CONSUMER_CRASHED', message: expect.stringContaining('a bug in the client') }]);
  expect([held(), consumers.length, app.isLive(), app.isReady()]).toEqual([[], 1, false, false]);
  await app.stop();
  expect(app.isLive()).toBe(false);
});

test('a consumer that was still connecting when the app stopped is closed once more, and looks nothing up', async () => {
  const connecting = createGate();
  const calls: string[] = [];
  jest.spyOn(kafkajs.Kafka.prototype, 'consumer').mockImplementation(() => {
    const { consumer } = createConsumer();
    return Object.assign(consumer, {
      connect: () => connecting.passed.then(() => void calls.push('is connected')),
      subscribe: async () => void calls.push('subscribes'),
      disconnect: async () => void calls.push('is closed'),
    });
  });
  const { app, clock } = await startApp();
  await app.stop();
  connecting.open();
  await clock.advance(0);
  expect(calls).toEqual(['is closed', 'is connected', 'is closed']);
});

test('while it drains a heartbeat that is answered with the rebalance keeps it a member: what is drained is sent', async () => {
  const sent: string[] = [];
  const sendBatch = async ({ topicMessages }: kafkajs.ProducerBatch): Promise<[]> => {
    for (const { messages = [] } of topicMessages ?? []) sent.push(...messages.map(({ key }) => String(key)));
    return [];
  };
  const producer = { connect: done, disconnect: done, sendBatch } as unknown as kafkajs.Producer;
  jest.spyOn(kafkajs.Kafka.prototype, 'producer').mockReturnValue(producer);
  const { sessionMs } = localSettings.kafka;
  const { drainMs } = localSettings.runLoop;
  const gate = createGate();
  const run = (collector: Collector) => gate.passed.then(() => collector.send({ name: 'out' }, 'drained', {}));
  const window = { everyMs: sessionMs - 2_000, run };
  const { app, clock } = await startApp(reading({ name: 'in' }, () => ({ process: () => undefined, window })));
  const [assigner] = consumerOf.mock.lastCall?.[0].partitionAssigners ?? [];
  const rebalancing = Object.assign(new Error('rebalancing'), { type: 'REBALANCE_IN_PROGRESS' });
  const group = Object.assign(Object.create(ConsumerGroup.prototype) as GroupInside, {
    assigners: [assigner?.({ cluster: {} } as Parameters<kafkajs.PartitionAssigner>[0])],
    memberId: 'm',
    heartbeat: () => Promise.reject(rebalancing),
    retrier: () => Promise.reject(new Error('no broker behind')),
  });
  consumers[0]?.joins([0]);
  await clock.advance(sessionMs - 2_000);
  const joined = group.joinAndSync().catch(() => undefined);
  await clock.advance(drainMs - 500); // longer ago than a session is the last heartbeat that kafkajs calls answered
  gate.open();
  await clock.advance(100);
  expect(sent).toEqual(['drained']);
  await joined;
  await app.stop();
});
