import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import { silentLogger } from '../../log.ts';
import type { Publisher, PublisherLimits } from '../../publisher/publisher-port.ts';
import { outageScene } from '../../testing/app-without-broker.ts';
import { jsonSerde } from '../../testing/real-kafka.ts';
import { createKafkaPublisher } from './kafkajs-publisher.ts';

const KEYS = ['a', 'b', 'c'] as const;
/** Longer than it takes kafkajs to give a connection up that is silent, several times over. */
const PATIENCE_MS = 60_000;

const scene = outageScene();

interface Running {
  readonly publisher: Publisher;
  readonly drops: string[];
}

const running: Running[] = [];
afterEach(async () => {
  for (const { publisher } of running.splice(0)) await publisher.close(0);
});

/** By way of the proxy, with a breaker that looks again soon. */
function open(limits: Partial<PublisherLimits> = {}): Running & { publish(from: number, count: number): string[] } {
  const drops: string[] = [];
  const publisher = createKafkaPublisher({
    connection: scene().connection(),
    serde: jsonSerde,
    log: silentLogger,
    metrics: { dropped: (_topic, reason) => void drops.push(reason) },
    limits: { openFirstMs: 100, openMostMs: 500, ...limits },
  });
  running.push({ publisher, drops });
  return {
    publisher,
    drops,
    publish: (from, count) =>
      Array.from({ length: count }, (_, at) => {
        const n = from + at;
        return publisher.publish(scene().output, KEYS[n % KEYS.length] ?? '', { n });
      }),
  };
}

const untilSent = ({ publisher }: Running): Promise<number> =>
  eventually(
    () => publisher.state().queuedRecords,
    (count) => count === 0,
    'the ring to empty',
    PATIENCE_MS,
  );

const untilBreaker = ({ publisher }: Running, wanted: 'open' | 'closed') =>
  eventually(
    () => publisher.state().breaker,
    (state) => state === wanted,
    `the breaker to be ${wanted}`,
    PATIENCE_MS,
  );

/** Of each key the numbers in the order of the log, each as it came first. */
async function numbersOfKeys(): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = { a: [], b: [], c: [] };
  for (const { key, value } of await scene().kafka.read(scene().output.name)) {
    const numbers = found[key?.toString() ?? ''] ?? [];
    const { n } = JSON.parse(value?.toString() ?? '') as { n: number };
    if (!numbers.includes(n)) numbers.push(n);
  }
  return found;
}

const inOrder = (count: number): Record<string, number[]> =>
  Object.fromEntries(
    KEYS.map((key, at) => [key, Array.from({ length: count }, (_, n) => n).filter((n) => n % KEYS.length === at)]),
  );

const accepted = (count: number): string[] => Array.from({ length: count }, () => 'accepted');

describe('a publisher whose broker is away', () => {
  test.each([
    ['not there', () => scene().proxy.reserve(), () => scene().proxy.up()],
    [
      'silent',
      async () => {
        await scene().proxy.up();
        scene().proxy.silence(true);
      },
      () => Promise.resolve(scene().proxy.silence(false)),
    ],
  ])(
    'at its start (%s): it never waits, and everything that it kept arrives by itself when the broker is there',
    async (_, begin, end) => {
      await begin();
      const views = open({ answerMs: 500, failuresMax: 1 });
      expect(views.publish(0, 12)).toEqual(accepted(12));
      await untilBreaker(views, 'open');
      await end();
      await untilSent(views);
      expect([await numbersOfKeys(), views.drops]).toEqual([inOrder(12), []]);
    },
    2 * PATIENCE_MS,
  );

  test.each([
    ['gone', (away: boolean) => (away ? scene().proxy.down() : scene().proxy.up())],
    ['silent', (away: boolean) => Promise.resolve(scene().proxy.silence(away))],
    ['behind a connection that leads nowhere', (away: boolean) => Promise.resolve(away && scene().proxy.strand())],
  ])(
    'in the middle (%s): what is published then is kept, arrives by itself afterwards, and the order of each key with it',
    async (_, setAway) => {
      await scene().proxy.up();
      const views = open({ answerMs: 500, failuresMax: 1 });
      expect(views.publish(0, 30)).toEqual(accepted(30));
      await untilSent(views);
      expect(views.publish(30, 30)).toEqual(accepted(30));
      await setAway(true);
      expect(views.publish(60, 30)).toEqual(accepted(30));
      await untilBreaker(views, 'open');
      await setAway(false);
      await untilSent(views);
      expect(views.publish(90, 30)).toEqual(accepted(30));
      await untilSent(views);
      await untilBreaker(views, 'closed');
      expect([await numbersOfKeys(), views.drops]).toEqual([inOrder(120), []]);
    },
    2 * PATIENCE_MS,
  );
});

describe('a publisher whose broker is slow', () => {
  test('waits with one request at a time, loses nothing, and keeps the order of each key', async () => {
    await scene().proxy.up();
    scene().proxy.slow(150);
    const views = open({ batchRecordsMax: 10 });
    expect(views.publish(0, 60)).toEqual(accepted(60));
    await untilSent(views);
    expect(await scene().numbersSent()).toHaveLength(60);
    expect([await numbersOfKeys(), views.drops, scene().proxy.open]).toEqual([inOrder(60), [], 1]);
  });

  test(
    'that answers later than any try waits, may get records twice, and none is lost once it is well',
    async () => {
      await scene().proxy.up();
      const views = open({ answerMs: 500, failuresMax: 1 });
      views.publish(0, 3);
      await untilSent(views);
      scene().proxy.slow(1_500); // to and fro: past the two seconds that a request is given
      expect(views.publish(3, 30)).toEqual(accepted(30));
      await untilBreaker(views, 'open');
      scene().proxy.slow(0);
      await untilSent(views);
      expect([await numbersOfKeys(), views.drops]).toEqual([inOrder(33), []]);
    },
    PATIENCE_MS,
  );
});

describe('a publisher whose broker accepts and never answers', () => {
  test('one request is out, the ring fills, the newest are dropped, and close ends in time', async () => {
    await scene().proxy.up();
    scene().proxy.silence(true);
    const views = open({ ringRecordsMax: 50, answerMs: 500, failuresMax: 1 });
    expect(views.publish(0, 80)).toEqual([...accepted(50), ...Array.from({ length: 30 }, () => 'dropped')]);
    expect(views.drops).toEqual(Array.from({ length: 30 }, () => 'full'));
    await untilBreaker(views, 'open');
    expect(views.publisher.state().queuedRecords).toBe(50);
    await views.publisher.close(200);
    expect(views.drops.filter((reason) => reason === 'closed')).toHaveLength(50);
  });

  test(
    'holds no more sockets and timers after many tries than after the first',
    async () => {
      await scene().proxy.up();
      scene().proxy.silence(true);
      const views = open({ ringRecordsMax: 50, ageMsMax: 600_000, answerMs: 500, failuresMax: 1 });
      const held = { open: 0, timers: 0 };
      const look = () => {
        held.open = Math.max(held.open, scene().proxy.open);
        held.timers = Math.max(
          held.timers,
          process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
        );
      };
      const untilAccepted = (most: number) =>
        eventually(
          () => (views.publish(0, 10), look(), scene().proxy.accepted),
          (accepted_) => accepted_ >= most,
          `${most} connections`,
          PATIENCE_MS,
        );
      await untilAccepted(3);
      const early = { ...held };
      await untilAccepted(8);
      expect(early.open).toBeGreaterThan(0);
      expect(held.open).toBeLessThanOrEqual(2); // one that is let go of, and the next
      expect(held.timers).toBeLessThanOrEqual(early.timers + 2); // this test's own, and one that is on its way out
      expect(views.publisher.state()).toMatchObject({ queuedRecords: 50 });
    },
    2 * PATIENCE_MS,
  );
});
