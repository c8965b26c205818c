import { describe, expect, test } from '@jest/globals';
import { silentLogger } from '../log.ts';
import type { Serde, Topic } from '../port.ts';
import type { OutgoingRecord } from '../run-loop/output-batcher.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { failing } from '../testing/test-bed.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { createPublisher } from './publisher.ts';
import type { Acknowledged, PublisherLimits } from './publisher-port.ts';

const topic: Topic<number> = { name: 'views' };

/** A broker whose answer is chosen for each batch. */
function createBroker() {
  const batches: string[][] = [];
  const answers: { resolve(): void; reject(error: Error): void }[] = [];
  const broker = { mode: 'ok' as 'ok' | 'down' | 'hang' | 'refuse', batches, answers };
  const produce = (records: readonly OutgoingRecord[]): Promise<void> => {
    batches.push(records.map(({ value }) => value?.toString() ?? ''));
    if (broker.mode === 'down') return Promise.reject(failing('retry', 'KAFKA_UNAVAILABLE'));
    if (broker.mode === 'refuse') return Promise.reject(failing('crash', 'KAFKA_REFUSED'));
    if (broker.mode === 'hang') return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    return Promise.resolve();
  };
  return { broker, transport: { connect: () => Promise.resolve(), produce, disconnect: () => Promise.resolve() } };
}

function createScene(limits: Partial<PublisherLimits> = {}, serde: Serde = jsonSerde) {
  const clock = new ManualClock();
  const { broker, transport } = createBroker();
  const drops: string[] = [];
  const acknowledged: Acknowledged[] = [];
  const metrics = {
    dropped: (_topic: string, reason: string) => void drops.push(reason),
    acknowledged: (record: Acknowledged) => void acknowledged.push(record),
  };
  const encoded: unknown[] = [];
  const counting: Serde = { ...serde, encode: (to, value) => (encoded.push(value), serde.encode(to, value)) };
  const own = { spacingMs: 0, ...limits };
  const publisher = createPublisher({ transport, serde: counting, clock, log: silentLogger, metrics, limits: own });
  return { clock, broker, publisher, drops, acknowledged, encoded };
}

describe('publish', () => {
  test('what comes within the linger goes in one request, in order', async () => {
    const { clock, broker, publisher } = createScene();
    expect([1, 2, 3].map((n) => publisher.publish(topic, 'k', n))).toEqual(['accepted', 'accepted', 'accepted']);
    expect(broker.batches).toEqual([]);
    await clock.advance(5);
    expect(broker.batches).toEqual([['1', '2', '3']]);
    expect(publisher.state()).toEqual({ breaker: 'closed', queuedRecords: 0, queuedBytes: 0, inFlight: false });
  });

  test('a full batch does not wait for the linger', async () => {
    const { clock, broker, publisher } = createScene({ batchRecordsMax: 2, lingerMs: 1_000 });
    for (const n of [1, 2, 3]) publisher.publish(topic, 'k', n);
    await clock.advance(0);
    expect(broker.batches).toEqual([['1', '2']]);
    await clock.advance(1_000);
    expect(broker.batches).toEqual([['1', '2'], ['3']]);
  });

  test('requests begin at their distance while records keep coming; after a pause the linger is all', async () => {
    const { clock, broker, publisher } = createScene({ spacingMs: 50 });
    const begunAt: number[] = [];
    const from = clock.now();
    for (let n = 0; n < 20; n += 1) {
      publisher.publish(topic, 'k', n);
      const before = broker.batches.length;
      await clock.advance(5);
      if (broker.batches.length > before) begunAt.push(clock.now() - from);
    }
    expect(begunAt).toEqual([5, 55]);
    await clock.advance(50);
    expect(broker.batches.flat()).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
    await clock.advance(1_000);
    publisher.publish(topic, 'k', 20);
    await clock.advance(5);
    expect(broker.batches.at(-1)).toEqual(['20']);
  });

  test('a full batch keeps no distance', async () => {
    const { clock, broker, publisher } = createScene({ spacingMs: 50, batchRecordsMax: 2 });
    for (const n of [1, 2, 3, 4]) publisher.publish(topic, 'k', n);
    await clock.advance(0);
    expect(broker.batches).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  test('one request at a time: what comes while it is unanswered waits in the ring', async () => {
    const { clock, broker, publisher } = createScene();
    broker.mode = 'hang';
    publisher.publish(topic, 'k', 1);
    await clock.advance(5);
    for (const n of [2, 3]) publisher.publish(topic, 'k', n);
    await clock.advance(1_000);
    expect(broker.batches).toEqual([['1']]);
    broker.mode = 'ok';
    broker.answers[0]?.resolve();
    await clock.advance(5);
    expect(broker.batches).toEqual([['1'], ['2', '3']]);
  });

  test('at the bound the newest record is dropped and counted, in records and in bytes', () => {
    const byCount = createScene({ ringRecordsMax: 2 });
    expect([1, 2, 3].map((n) => byCount.publisher.publish(topic, 'k', n))).toEqual(['accepted', 'accepted', 'dropped']);
    expect(byCount.drops).toEqual(['full']);
    const byBytes = createScene({ ringBytesMax: 320 }); // three small ones
    const long = 12_345_678_901_234_568;
    expect([1, 2, long, 3].map((n) => byBytes.publisher.publish(topic, 'k', n))).toEqual([
      'accepted',
      'accepted',
      'dropped',
      'accepted',
    ]);
    expect(byBytes.drops).toEqual(['full']);
  });

  test.each([
    ['a value', 'k', 12_345_678_901_234_568, {}],
    ['a key', 'k'.repeat(60), 1, {}],
    ['a header', 'k', 1, { traceparent: 'x'.repeat(60) }],
  ])('the bytes of %s count', (_, key, value, headers) => {
    const { publisher } = createScene();
    publisher.publish(topic, 'k', 1);
    const ofOne = publisher.state().queuedBytes;
    publisher.publish(topic, key, value, headers);
    expect(publisher.state().queuedBytes).toBeGreaterThan(2 * ofOne + 15);
  });

  test('what would not fit is not even encoded: an outage costs no more than health', () => {
    const { publisher, encoded } = createScene({ ringRecordsMax: 2 });
    for (const n of [1, 2, 3]) publisher.publish(topic, 'k', n);
    expect(encoded).toEqual([1, 2]);
  });

  test('nothing that a caller passes or wires makes it throw', () => {
    const unencodable = createScene(
      {},
      {
        ...jsonSerde,
        encode: () => {
          throw new Error('bad value');
        },
      },
    );
    expect(unencodable.publisher.publish(topic, 'k', 1)).toBe('dropped');
    expect(unencodable.drops).toEqual(['unencodable']);
    const metrics = {
      accepted: () => {
        throw new Error('bad metric');
      },
    };
    const { transport } = createBroker();
    const publisher = createPublisher({
      transport,
      serde: jsonSerde,
      clock: new ManualClock(),
      log: silentLogger,
      metrics,
    });
    expect(publisher.publish(topic, 'k', 1)).toBe('accepted');
  });

  test('the acknowledgement says when the record was published and when the log took it', async () => {
    const { clock, broker, publisher, acknowledged } = createScene();
    broker.mode = 'hang';
    const publishedAt = clock.now();
    publisher.publish(topic, 'session-1', 1);
    await clock.advance(40);
    broker.answers[0]?.resolve();
    await clock.advance(0);
    expect(acknowledged).toEqual([{ topic: 'views', key: 'session-1', publishedAt, acknowledgedAt: publishedAt + 40 }]);
  });
});

describe('the breaker', () => {
  test('opens after three failures, tries once in a while, and everything kept goes out when the broker is back', async () => {
    const { clock, broker, publisher, drops } = createScene({ openFirstMs: 1_000, openMostMs: 4_000 });
    broker.mode = 'down';
    publisher.publish(topic, 'k', 1);
    await clock.advance(100);
    expect(publisher.state().breaker).toBe('open');
    expect(broker.batches).toHaveLength(3);
    await clock.advance(900);
    expect(broker.batches).toHaveLength(3);
    await clock.advance(10_000);
    expect(broker.batches.length).toBeGreaterThan(4);
    expect(broker.batches.length).toBeLessThan(12);
    broker.mode = 'ok';
    publisher.publish(topic, 'k', 2);
    await clock.advance(5_000);
    expect(broker.batches.at(-1)).toEqual(['1', '2']);
    expect(publisher.state()).toMatchObject({ breaker: 'closed', queuedRecords: 0 });
    expect(drops).toEqual([]);
  });

  test('a batch that is never answered counts once, keeps its slot, and nothing piles up behind it', async () => {
    const { clock, broker, publisher } = createScene({ ringRecordsMax: 100, failuresMax: 1 });
    broker.mode = 'hang';
    for (let n = 0; n < 1_000; n += 1) publisher.publish(topic, 'k', n);
    await clock.advance(60_000);
    expect(broker.batches).toHaveLength(1);
    expect(publisher.state()).toMatchObject({ breaker: 'open', queuedRecords: 100, inFlight: true });
  });

  test('a late answer is still an answer: its records are not sent twice', async () => {
    const { clock, broker, publisher } = createScene({ failuresMax: 1 });
    broker.mode = 'hang';
    publisher.publish(topic, 'k', 1);
    await clock.advance(4_000);
    broker.mode = 'ok';
    broker.answers[0]?.resolve();
    await clock.advance(40_000);
    expect(broker.batches).toEqual([['1']]);
    expect(publisher.state()).toMatchObject({ breaker: 'closed', queuedRecords: 0 });
  });
});

describe('what is not sent', () => {
  test('records that grew too old during an outage are dropped and counted', async () => {
    const { clock, broker, publisher, drops } = createScene({ ageMsMax: 10_000 });
    broker.mode = 'down';
    publisher.publish(topic, 'k', 1);
    await clock.advance(20_000);
    broker.mode = 'ok';
    publisher.publish(topic, 'k', 2);
    await clock.advance(60_000);
    expect(drops).toEqual(['expired']);
    expect(broker.batches.at(-1)).toEqual(['2']);
  });

  test('a batch that the broker refuses for good is dropped and counted, and the next one goes out', async () => {
    const { clock, broker, publisher, drops } = createScene();
    broker.mode = 'refuse';
    publisher.publish(topic, 'k', 1);
    await clock.advance(5);
    broker.mode = 'ok';
    publisher.publish(topic, 'k', 2);
    await clock.advance(5);
    expect(drops).toEqual(['refused']);
    expect(broker.batches).toEqual([['1'], ['2']]);
  });

  test('close sends what is left without waiting for the linger, and drops what comes after', async () => {
    const { clock, broker, publisher, drops } = createScene({ lingerMs: 1_000 });
    publisher.publish(topic, 'k', 1);
    const closed = publisher.close(2_000);
    expect(publisher.publish(topic, 'k', 2)).toBe('dropped');
    await clock.advance(0);
    await closed;
    expect(broker.batches).toEqual([['1']]);
    expect(drops).toEqual(['closed']);
  });

  test('close ends at its deadline though the broker hangs, and counts what it could not send', async () => {
    const { clock, broker, publisher, drops } = createScene();
    broker.mode = 'hang';
    for (const n of [1, 2]) publisher.publish(topic, 'k', n);
    await clock.advance(5);
    let isClosed = false;
    void publisher.close(2_000).then(() => (isClosed = true));
    await clock.advance(1_999);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    expect(isClosed).toBe(true);
    expect(drops).toEqual(['closed', 'closed']);
  });

  test('close lets go of the connections within the same deadline, however long they cling', async () => {
    const clock = new ManualClock();
    const { transport } = createBroker();
    const clinging = { ...transport, disconnect: () => new Promise<void>(() => undefined) };
    const publisher = createPublisher({ transport: clinging, serde: jsonSerde, clock, log: silentLogger });
    let isClosed = false;
    void publisher.close(2_000).then(() => (isClosed = true));
    await clock.advance(1_999);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    expect(isClosed).toBe(true);
  });

  test('after a broker that hung to the deadline there is no second one for its connections', async () => {
    const clock = new ManualClock();
    const { broker, transport } = createBroker();
    broker.mode = 'hang';
    const clinging = { ...transport, disconnect: () => new Promise<void>(() => undefined) };
    const publisher = createPublisher({ transport: clinging, serde: jsonSerde, clock, log: silentLogger });
    publisher.publish(topic, 'k', 1);
    await clock.advance(5);
    let isClosed = false;
    void publisher.close(2_000).then(() => (isClosed = true));
    await clock.advance(2_000);
    expect(isClosed).toBe(true);
  });

  test.each(['resolve', 'reject'] as const)(
    'an answer after that (%s) does not count a record twice',
    async (answer) => {
      const { clock, broker, publisher, drops, acknowledged } = createScene();
      broker.mode = 'hang';
      for (const n of [1, 2]) publisher.publish(topic, 'k', n);
      await clock.advance(5);
      const closed = publisher.close(2_000);
      await clock.advance(2_000);
      await closed;
      broker.answers[0]?.[answer](failing('crash', 'KAFKA_REFUSED'));
      await clock.advance(1_000);
      expect([drops, acknowledged]).toEqual([['closed', 'closed'], []]);
    },
  );
});
