import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { renamedTopic, topics } from '@porchlight/contracts';
import { faultyProxy } from '@porchlight/estimate-cache/testing';
import { BrokerProxy, systemClock } from '@porchlight/stream';
import { addressFrom, openRealStream, uniqueName, untilTrue, type RealStream } from '@porchlight/stream-app/testing';
import { createTelemetry, parseMetrics } from '@porchlight/telemetry';
import { createKafkaEvents, type KafkaEvents, type KafkaEventsOptions } from './kafka-events.ts';

/** Views on their way to a real Kafka and by the schema of a real registry, either of which may be away. */

const topic = renamedTopic(topics.viewportViewed, uniqueName('views'));
const SESSIONS = ['a', 'b', 'c'] as const;
const FLUSH_MS = 2_000;

let stream: RealStream;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stream = await openRealStream([topic]);
}, 60_000);
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => stream.close());

interface Scene {
  readonly events: KafkaEvents;
  /** Publishes views of so many instants, from one on, by three sessions in turn. */
  view(from: number, count: number): void;
  /** Of its own views, by session: the instants in the order of the log, each as it came first. */
  seen(): Promise<Record<string, number[]>>;
  drops(): Promise<Record<string, number>>;
  /** How many Kafka has taken. */
  published(): Promise<number>;
}

/** Each with sessions of its own. */
function open(options: Partial<KafkaEventsOptions> = {}): Scene {
  const telemetry = createTelemetry({ app: 'estimate-api', logLevel: 'silent' });
  const own = uniqueName('session');
  const stopping = new AbortController();
  const events = createKafkaEvents({
    brokers: addressFrom('KAFKA_BROKERS').split(','),
    registryUrl: addressFrom('SCHEMA_REGISTRY_URL'),
    telemetry,
    clock: systemClock,
    signal: stopping.signal,
    topic,
    ...options,
    limits: { openFirstMs: 100, openMostMs: 500, answerMs: 500, failuresMax: 1, ...options.limits },
  });
  closers.push(async () => {
    stopping.abort();
    await events.close(FLUSH_MS);
    await telemetry.stop();
  });
  return {
    events,
    view(from, count) {
      for (let at = from; at < from + count; at += 1)
        events.publish({
          sessionKey: `${own}-${SESSIONS[at % SESSIONS.length] ?? ''}`,
          viewport: { west: 1, south: 2, east: 3, north: 4 },
          zoom: 16,
          results: [{ propertyId: 'p1', status: 'available', source: 'hit' }],
          viewedAt: at,
        });
    },
    async seen() {
      const found: Record<string, number[]> = { a: [], b: [], c: [] };
      for (const { key, value } of await stream.valuesOf(topic)) {
        if (key === null || !key.startsWith(own)) continue;
        expect(value.sessionKey).toBe(key);
        const instants = found[key.slice(own.length + 1)] ?? [];
        const viewedAt = Number(value.viewedAt);
        if (!instants.includes(viewedAt)) instants.push(viewedAt);
      }
      return found;
    },
    published: async () => parseMetrics(await telemetry.render()).sum('porchlight.publisher.published'),
    drops: async () =>
      Object.fromEntries(
        parseMetrics(await telemetry.render())
          .select('porchlight.publisher.dropped')
          .map(({ labels, value }) => [labels['reason'] ?? '', value] as const),
      ),
  };
}

const inTurn = (from: number, count: number): Record<string, number[]> =>
  Object.fromEntries(
    SESSIONS.map((session, at) => [
      session,
      Array.from({ length: count }, (_, n) => from + n).filter((n) => n % SESSIONS.length === at),
    ]),
  );

const countOf = (seen: Record<string, number[]>): number => Object.values(seen).flat().length;

/** The schema is known: views are taken. Each that was tried is accounted for, dropped or acknowledged, before the next. */
async function untilTaken(scene: Scene): Promise<void> {
  const accountedFor = async (): Promise<number> =>
    (await scene.published()) + ((await scene.drops())['registry'] ?? 0);
  await untilTrue('a view to arrive', async () => {
    const before = await accountedFor();
    scene.view(0, 1);
    await eventually(accountedFor, (count) => count === before + 1, 'what became of it');
    return (await scene.published()) > 0;
  });
}

test('a registry that hangs at the start: views are dropped and counted as that, and flow by themselves when it answers', async () => {
  const registry = await faultyProxy(addressFrom('SCHEMA_REGISTRY_URL'));
  closers.push(() => registry.close());
  registry.hang();
  const registryUrl = new URL(addressFrom('SCHEMA_REGISTRY_URL'));
  [registryUrl.hostname, registryUrl.port] = ['127.0.0.1', new URL(registry.url).port];
  const scene = open({ registryUrl: registryUrl.href });
  scene.view(1_000, 7);
  expect(await scene.drops()).toEqual({ registry: 7 });
  await registry.mend();
  await untilTaken(scene);
  scene.view(0, 30);
  await untilTrue('the views', async () => countOf(await scene.seen()) === 30);
  expect(await scene.seen()).toEqual(inTurn(0, 30));
}, 90_000);

test.each([
  ['goes', (proxy: BrokerProxy, away: boolean) => (away ? proxy.down() : proxy.up())],
  ['falls silent', async (proxy: BrokerProxy, away: boolean) => proxy.silence(away)],
])(
  'a broker that %s and comes back: views flow again by themselves, those of meanwhile too, each session in order',
  async (_, setAway) => {
    const proxy = new BrokerProxy(addressFrom('KAFKA_BROKERS').split(',')[0] ?? '');
    await proxy.up();
    closers.push(() => proxy.down());
    const scene = open({ brokers: [proxy.address] });
    await untilTaken(scene);
    const before = await scene.drops(); // until the schema was known
    await setAway(proxy, true);
    scene.view(1, 30);
    await setAway(proxy, false);
    scene.view(31, 29);
    await untilTrue('the views', async () => countOf(await scene.seen()) === 60);
    expect(await scene.seen()).toEqual(inTurn(0, 60));
    expect(await scene.drops()).toEqual(before);
  },
  90_000,
);

test('a broker that never answers: the ring holds what it may, the rest is counted, and a stop counts the ring', async () => {
  const proxy = new BrokerProxy(addressFrom('KAFKA_BROKERS').split(',')[0] ?? '');
  await proxy.up();
  closers.push(() => proxy.down());
  const scene = open({ brokers: [proxy.address], limits: { ringRecordsMax: 20 } });
  await untilTaken(scene);
  const { registry = 0 } = await scene.drops();
  const reasons = registry > 0 ? { registry } : {};
  proxy.silence(true);
  scene.view(1, 50);
  await eventually(
    () => scene.drops(),
    ({ full }) => full === 30,
    'the ring to be full',
  );
  await scene.events.close(200);
  expect(await scene.drops()).toEqual({ ...reasons, full: 30, stopped: 20 });
}, 90_000);
