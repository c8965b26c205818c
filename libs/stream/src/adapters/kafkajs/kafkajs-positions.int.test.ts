import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@porchlight/clock/testing';
import kafkajs from 'kafkajs';
import { silentLogger } from '../../log.ts';
import type { Topic } from '../../port.ts';
import { openRealKafka, type RealKafka } from '../../testing/real-kafka.ts';
import { processing, reading } from '../../testing/test-bed.ts';
import { localSettings } from './kafkajs-settings.ts';

interface Step {
  readonly n: number;
}

let kafka: RealKafka;
let producer: kafkajs.Producer;
beforeAll(async () => {
  kafka = await openRealKafka();
  const client = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING });
  producer = client.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
});
afterAll(async () => {
  await producer?.disconnect();
  await kafka?.close();
});

/** One record in a transaction; its marker is the next offset, and nobody's record. */
async function sendInTransaction(topic: Topic<Step>, n: number, end: 'commit' | 'abort'): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.send({ topic: topic.name, acks: -1, messages: [{ value: JSON.stringify({ n }), partition: 0 }] });
  await transaction[end]();
}

test('what is applied reaches the end of a topic whose last offsets are markers of transactions', async () => {
  const input = await kafka.createTopic<Step>('in-transactions');
  const at = { topic: input.name, partition: 0 };
  const seen: number[] = [];
  const app = kafka.app([reading(input, () => processing<Step>(({ value }) => void seen.push(value.n)))]);
  await app.start();
  const applied = () => app.positions()[0]?.appliedOffset;
  const untilApplied = (offset: bigint) => eventually(applied, (found) => found === offset, `all below ${offset}`);
  await sendInTransaction(input, 0, 'commit');
  await untilApplied(2n);
  await sendInTransaction(input, 1, 'abort'); // a fetch that brings nothing for us at all
  await untilApplied(4n);
  await sendInTransaction(input, 2, 'commit');
  await untilApplied(6n);
  expect(await app.rangesOf([at])).toEqual([{ earliest: 0n, end: 6n }]);
  await app.rewind(at, 2n);
  await eventually(
    () => seen.length,
    (count) => count === 3,
    'the last record, once more',
  );
  await untilApplied(6n);
  await app.stop();
  expect([seen, kafka.fatal]).toEqual([[0, 2, 2], []]);
});

test('the end is that of the log: what lies behind an open transaction is not applied, and counts', async () => {
  const input = await kafka.createTopic<Step>('in-open');
  const at = { topic: input.name, partition: 0 };
  const app = kafka.app([reading(input, () => processing<Step>(() => undefined))]);
  await app.start();
  const transaction = await producer.transaction();
  try {
    const record = { value: JSON.stringify({ n: 0 }), partition: 0 };
    await transaction.send({ topic: input.name, acks: -1, messages: [record] });
    await kafka.append(input, [{ value: { n: 1 } }]);
    expect([await app.rangesOf([at]), app.positions()[0]?.appliedOffset]).toEqual([[{ earliest: 0n, end: 2n }], 0n]);
  } finally {
    await transaction.abort();
  }
  await eventually(
    () => app.positions()[0]?.appliedOffset,
    (offset) => offset === 3n,
    'all of it',
  );
  await app.stop();
});

test('a member that is told where to begin only after a session has stayed in the group meanwhile', async () => {
  const input = await kafka.createTopic<Step>('in-told-late');
  await kafka.append(input, [{ value: { n: 0 } }, { value: { n: 1 } }]);
  const seen: number[] = [];
  let joins = 0;
  const info = (message: string): void => void (message === 'joined the group' && (joins += 1));
  const giveUpAt = Date.now() + localSettings.kafka.sessionMs * 1.5;
  const startAt = (): bigint => {
    if (Date.now() < giveUpAt) throw Object.assign(new Error('not yet'), { code: 'KEEPER_DOWN', fate: 'retry' });
    return 1n;
  };
  const definition = reading(input, () => processing<Step>(({ value }) => void seen.push(value.n)), { startAt });
  const app = kafka.app([definition], { log: { ...silentLogger, info } });
  await app.start();
  await eventually(
    () => seen.length,
    (count) => count > 0,
    'the record',
  );
  await app.stop();
  expect([seen, joins, kafka.fatal]).toEqual([[1], 1, []]);
});
