import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../log.ts';
import type { StreamApp, Topic } from '../../port.ts';
import { BrokerProxy } from '../../testing/broker-proxy.ts';
import { eventually, jsonSerde, openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { processing, reading } from '../../testing/test-bed.ts';
import { createKafkaProducer, type KafkaProducer } from './kafkajs-producer.ts';
import { createKafkaPublisher } from './kafkajs-publisher.ts';
import { localSettings } from './kafkajs-settings.ts';

interface Step {
  n: number;
}

let kafka: RealKafka;
let proxy: BrokerProxy;
let input: Topic<Step>;
let output: Topic<Step>;
beforeEach(async () => {
  kafka = await openRealKafka();
  proxy = new BrokerProxy(kafka.brokers[0] ?? '');
  input = await kafka.createTopic<Step>('in', 2);
  output = await kafka.createTopic<Step>('out');
});
afterEach(async () => {
  await kafka.close();
  await proxy.down();
});

const connection = () => ({ brokers: [proxy.address], clientId: 'outage-tests' });
const numbersIn = async (topic: Topic<Step>): Promise<number[]> =>
  (await kafka.read(topic.name)).map(({ value }) => (JSON.parse(value?.toString() ?? '') as Step).n);

describe('a stream app whose broker is away', () => {
  const lines: string[] = [];
  const log = {
    ...silentLogger,
    warn: (message: string) => void lines.push(message),
    info: (message: string) => void lines.push(message),
  };
  const forwarding = (): StreamApp =>
    kafka.app([reading(input, () => processing(({ value }, collector) => collector.send(output, 'k', value)))], {
      connection: connection(),
      log,
    });
  beforeEach(() => void lines.splice(0));

  test('at its start: it waits, says so once, stays alive, and goes on when the broker is there', async () => {
    await proxy.reserve();
    await kafka.append(input, [{ value: { n: 1 } }]);
    const app = forwarding();
    const started = app.start();
    await eventually(
      () => app.state().waitingFor,
      (codes) => codes.includes('kafka'),
      'the wait',
    );
    expect([app.isLive(), app.isReady()]).toEqual([true, false]);
    await proxy.up();
    await started;
    await eventually(
      () => numbersIn(output),
      (numbers) => numbers.length === 1,
      'the output',
    );
    expect([app.isLive(), app.isReady(), app.state().waitingFor]).toEqual([true, true, []]);
    expect(lines.filter((line) => line === 'waiting for kafka')).toHaveLength(1);
    expect(lines.filter((line) => line === 'kafka is back')).toHaveLength(1);
    expect(kafka.fatal).toEqual([]);
    await app.stop();
  });

  test.each([
    ['gone', (away: boolean) => (away ? proxy.down() : proxy.up())],
    ['silent', (away: boolean) => Promise.resolve(proxy.silence(away))],
  ])(
    'in the middle (%s): it stays alive, and loses nothing when the broker is back',
    async (_name, setAway) => {
      await proxy.up();
      const app = forwarding();
      await app.start();
      await kafka.append(
        input,
        Array.from({ length: 20 }, (_, n) => ({ partition: n % 2, value: { n } })),
      );
      await eventually(
        () => numbersIn(output),
        (numbers) => numbers.length >= 20,
        'the first outputs',
      );
      await setAway(true);
      await kafka.append(
        input,
        Array.from({ length: 20 }, (_, n) => ({ partition: n % 2, value: { n: n + 20 } })),
      );
      await eventually(
        () => app.state().waitingFor,
        (codes) => codes.includes('kafka'),
        'the wait',
        40_000,
      );
      await eventually(
        () => app.state().partitions,
        (partitions) => partitions.length === 0,
        'the end of its claim to partitions that others may own by now',
        15_000,
      );
      expect(app.isLive()).toBe(true);
      await setAway(false);
      const sent = await eventually(
        () => numbersIn(output),
        (numbers) => new Set(numbers).size === 40,
        'all outputs',
        40_000,
      );
      expect([...new Set(sent)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n));
      expect(app.state().partitions).toHaveLength(2);
      expect(kafka.fatal).toEqual([]);
      await app.stop();
      expect(await kafka.committed(input)).toEqual([20n, 20n]);
    },
    120_000,
  );

  test('a stop while it waits ends', async () => {
    await proxy.reserve();
    const app = forwarding();
    void app.start();
    await eventually(
      () => app.state().waitingFor,
      (codes) => codes.includes('kafka'),
      'the wait',
    );
    await app.stop();
    expect(app.state().phase).toBe('stopped');
  });
});

describe('a publisher whose broker is away', () => {
  test('never waits for it: gone, then back, and everything kept arrives once', async () => {
    await proxy.reserve();
    const publisher = createKafkaPublisher({
      connection: connection(),
      serde: jsonSerde,
      log: silentLogger,
      limits: { openFirstMs: 100, openMostMs: 500 },
    });
    for (let n = 0; n < 10; n += 1) expect(publisher.publish(output, 'k', { n })).toBe('accepted');
    await eventually(
      () => publisher.state().breaker,
      (state) => state === 'open',
      'the breaker to open',
    );
    await proxy.up();
    await eventually(
      () => publisher.state().queuedRecords,
      (count) => count === 0,
      'the ring to empty',
    );
    expect(await numbersIn(output)).toEqual(Array.from({ length: 10 }, (_, n) => n));
    await publisher.close(1_000);
  });

  test('accepts and never answers: one request is out, the ring fills, the newest are dropped, and close ends in time', async () => {
    await proxy.up();
    proxy.silence(true);
    const drops: string[] = [];
    const metrics = { dropped: (_topic: string, reason: string) => void drops.push(reason) };
    const publisher = createKafkaPublisher({
      connection: connection(),
      serde: jsonSerde,
      log: silentLogger,
      metrics,
      limits: { ringRecordsMax: 50, answerMs: 500, failuresMax: 1 },
    });
    for (let n = 0; n < 80; n += 1) publisher.publish(output, 'k', { n });
    expect(drops).toEqual(Array.from({ length: 30 }, () => 'full'));
    await eventually(
      () => publisher.state().breaker,
      (state) => state === 'open',
      'the breaker to open',
    );
    expect(publisher.state().queuedRecords).toBe(50);
    await publisher.close(200);
    expect(drops.filter((reason) => reason === 'closed')).toHaveLength(50);
  });
});

describe('a producer whose broker is away', () => {
  let producer: KafkaProducer;
  afterEach(() => producer.close());

  test('waits, and writes in the order of the calls when it is back', async () => {
    await proxy.reserve();
    producer = createKafkaProducer({
      connection: connection(),
      serde: jsonSerde,
      log: silentLogger,
      settings: localSettings,
    });
    const acknowledged = Promise.all(Array.from({ length: 30 }, (_, n) => producer.send(output, 'k', { n })));
    await eventually(
      () => producer.isWaiting,
      (isWaiting) => isWaiting,
      'the wait',
    );
    await proxy.up();
    await acknowledged;
    expect(await numbersIn(output)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});
