import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { silentLogger } from '../log.ts';
import type { StreamApp, Topic } from '../port.ts';
import { BrokerProxy } from './broker-proxy.ts';
import { numbers, type Step } from './numbered-steps.ts';
import { openRealKafka, type ClientToTest, type RealKafka } from './real-kafka.ts';
import { processing, reading } from './test-bed.ts';

const NOTICED_MS_MAX = 40_000;
const CLAIM_ENDS_MS_MAX = 15_000;

/** A real Kafka, of which one broker is reached through a proxy that can be away. */
export interface OutageScene {
  readonly kafka: RealKafka;
  readonly proxy: BrokerProxy;
  readonly input: Topic<Step>;
  readonly output: Topic<Step>;
  /** By way of the proxy, whose port is known once it is up or reserved. */
  readonly connection: () => { readonly brokers: string[]; readonly clientId: string };
  readonly numbersSent: () => Promise<number[]>;
}

/** Sets a scene up for each test. @returns it, once a test runs */
export function outageScene(): () => OutageScene {
  let scene: OutageScene;
  beforeEach(async () => {
    const kafka = await openRealKafka();
    const proxy = new BrokerProxy(kafka.brokers[0] ?? '');
    const input = await kafka.createTopic<Step>('in', 2);
    const output = await kafka.createTopic<Step>('out');
    scene = {
      kafka,
      proxy,
      input,
      output,
      connection: () => ({ brokers: [proxy.address], clientId: 'outage-tests' }),
      numbersSent: async () =>
        (await kafka.read(output.name)).map(({ value }) => (JSON.parse(value?.toString() ?? '') as Step).n),
    };
  });
  afterEach(async () => {
    await scene.kafka.close();
    await scene.proxy.down();
  });
  return () => scene;
}

/** Twenty of each two partitions, in turn. */
const forBoth = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({ partition: n % 2, value: { n: n + from } }));

const untilWaiting = (app: StreamApp, patienceMs?: number) =>
  eventually(
    () => app.state().waitingFor,
    (codes) => codes.includes('kafka'),
    'the wait',
    patienceMs,
  );

/**
 * What an app does whose broker is away at its start, in the middle, or at its stop.
 *
 * @param backMsMax  how long it may take until all is sent when the broker is back
 * @param said       what else it says, once, when it starts
 */
export function describeAppWithoutBroker(
  client: ClientToTest,
  { backMsMax, said = [] }: { backMsMax: number; said?: readonly string[] },
): void {
  describe(`an app on ${client} whose broker is away`, () => {
    const scene = outageScene();
    const lines: string[] = [];
    const say = (message: string): void => void lines.push(message);
    const linesWith = (words: string): number => lines.filter((line) => line.includes(words)).length;
    const forwarding = (): StreamApp => {
      const { kafka, connection, input, output } = scene();
      const task = processing<Step>(({ value }, collector) => collector.send(output, 'k', value));
      return kafka.app([reading(input, () => task)], {
        client,
        connection: connection(),
        log: { ...silentLogger, warn: say, info: say },
      });
    };
    beforeEach(() => void lines.splice(0));

    test('at its start: it waits, says so once, stays alive, and goes on when the broker is there', async () => {
      const { kafka, proxy, input, numbersSent } = scene();
      await proxy.reserve();
      await kafka.append(input, forBoth(1, 1));
      const app = forwarding();
      const started = app.start();
      await untilWaiting(app);
      expect([app.isLive(), app.isReady()]).toEqual([true, false]);
      await proxy.up();
      await started;
      await eventually(numbersSent, (sent) => sent.length === 1, 'the output');
      expect([app.isLive(), app.isReady(), app.state().waitingFor]).toEqual([true, true, []]);
      expect(lines.filter((line) => line === 'waiting for kafka')).toHaveLength(1);
      expect(lines.filter((line) => line === 'kafka is back')).toHaveLength(1);
      expect(said.map(linesWith)).toEqual(said.map(() => 1));
      expect(kafka.fatal).toEqual([]);
      await app.stop();
    });

    test.each([
      ['gone', (proxy: BrokerProxy, away: boolean) => (away ? proxy.down() : proxy.up())],
      ['silent', (proxy: BrokerProxy, away: boolean) => Promise.resolve(proxy.silence(away))],
    ])(
      'in the middle (%s): it stays alive, and loses nothing when the broker is back',
      async (_name, setAway) => {
        const { kafka, proxy, input, numbersSent } = scene();
        await proxy.up();
        const app = forwarding();
        await app.start();
        await kafka.append(input, forBoth(0, 20));
        await eventually(numbersSent, (sent) => sent.length >= 20, 'the first outputs');
        await setAway(proxy, true);
        await kafka.append(input, forBoth(20, 20));
        await untilWaiting(app, NOTICED_MS_MAX);
        await eventually(
          () => app.state().partitions,
          (partitions) => partitions.length === 0,
          'the end of its claim to partitions that others may own by now',
          CLAIM_ENDS_MS_MAX,
        );
        expect(app.isLive()).toBe(true);
        await setAway(proxy, false);
        const sent = await eventually(numbersSent, (all) => new Set(all).size === 40, 'all outputs', backMsMax);
        expect([...new Set(sent)].toSorted((a, b) => a - b)).toEqual(numbers(0, 40));
        expect(app.state().partitions).toHaveLength(2);
        expect(kafka.fatal).toEqual([]);
        await app.stop();
        expect(await kafka.committed(input)).toEqual([20n, 20n]);
      },
      NOTICED_MS_MAX + CLAIM_ENDS_MS_MAX + backMsMax + 60_000,
    );

    test('a stop while it waits ends', async () => {
      await scene().proxy.reserve();
      const app = forwarding();
      void app.start();
      await untilWaiting(app);
      await app.stop();
      expect(app.state().phase).toBe('stopped');
    });
  });
}
