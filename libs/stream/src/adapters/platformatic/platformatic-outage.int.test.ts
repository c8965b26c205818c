import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLogger } from '../../log.ts';
import type { StreamApp, Topic } from '../../port.ts';
import { BrokerProxy } from '../../testing/broker-proxy.ts';
import { createAppToTest, eventually, jsonSerde, openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { processing, reading } from '../../testing/test-bed.ts';
import { localSettings } from '../kafkajs/kafkajs-settings.ts';

/** By KIP-848 the partitions are a silent member's until its session ends, and that is the broker's: 45 s. */
const BACK_MS_MAX = 90_000;

interface Step {
  n: number;
}

let kafka: RealKafka;
let proxy: BrokerProxy;
let input: Topic<Step>;
let output: Topic<Step>;
const lines: string[] = [];
const say = (message: string): void => void lines.push(message);
const log = { ...silentLogger, warn: say, info: say };

beforeEach(async () => {
  lines.splice(0);
  kafka = await openRealKafka();
  proxy = new BrokerProxy(kafka.brokers[0] ?? '');
  input = await kafka.createTopic<Step>('in', 2);
  output = await kafka.createTopic<Step>('out');
});
afterEach(async () => {
  await kafka.close();
  await proxy.down();
});

const steps = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ partition: n % 2, value: { n: n + from } }));
const numbersSent = async (): Promise<number[]> =>
  (await kafka.read(output.name)).map(({ value }) => (JSON.parse(value?.toString() ?? '') as Step).n);
const waits = (app: StreamApp, patienceMs?: number) =>
  eventually(
    () => app.state().waitingFor,
    (codes) => codes.includes('kafka'),
    'the wait',
    patienceMs,
  );

describe.each(['platformatic', 'platformatic-consumer'] as const)('an app on %s whose broker is away', (client) => {
  const forwarding = (): StreamApp =>
    createAppToTest(
      {
        connection: { brokers: [proxy.address], clientId: 'outage-tests' },
        groupId: kafka.groupId,
        definitions: [reading(input, () => processing(({ value }, collector) => collector.send(output, 'k', value)))],
        serde: jsonSerde,
        log,
        settings: localSettings,
        onFatal: (error) => void kafka.fatal.push(error),
      },
      client,
    );

  test('at its start: it waits, says so once, stays alive, and goes on when the broker is there', async () => {
    await proxy.reserve();
    await kafka.append(input, steps(1, 1));
    const app = forwarding();
    const started = app.start();
    await waits(app);
    expect([app.isLive(), app.isReady()]).toEqual([true, false]);
    await proxy.up();
    await started;
    await eventually(numbersSent, (numbers) => numbers.length === 1, 'the output');
    expect([app.isLive(), app.isReady(), app.state().waitingFor]).toEqual([true, true, []]);
    expect(lines.filter((line) => line === 'waiting for kafka')).toHaveLength(1);
    expect(lines.filter((line) => line === 'kafka is back')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('experimental'))).toHaveLength(1);
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
      await kafka.append(input, steps(0, 20));
      await eventually(numbersSent, (numbers) => numbers.length >= 20, 'the first outputs');
      await setAway(true);
      await kafka.append(input, steps(20, 20));
      await waits(app, 40_000);
      await eventually(
        () => app.state().partitions,
        (partitions) => partitions.length === 0,
        'the end of its claim to partitions that others may own by now',
        15_000,
      );
      expect(app.isLive()).toBe(true);
      await setAway(false);
      const sent = await eventually(numbersSent, (numbers) => new Set(numbers).size === 40, 'all outputs', BACK_MS_MAX);
      expect([...new Set(sent)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n));
      expect(app.state().partitions).toHaveLength(2);
      expect(kafka.fatal).toEqual([]);
      await app.stop();
      expect(await kafka.committed(input)).toEqual([20n, 20n]);
    },
    240_000,
  );

  test('a stop while it waits ends', async () => {
    await proxy.reserve();
    const app = forwarding();
    void app.start();
    await waits(app);
    await app.stop();
    expect(app.state().phase).toBe('stopped');
  });
});
