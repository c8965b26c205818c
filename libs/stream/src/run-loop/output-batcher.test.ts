import { expect, test } from '@jest/globals';
import { silentLogger } from '../log.ts';
import { noMetrics } from '../metrics.ts';
import { runLoopDefaults } from '../settings.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { failing } from '../testing/test-bed.ts';
import { OutputBatcher, type BatcherLimits, type OutgoingRecord } from './output-batcher.ts';

const recordFor = (topic: string, value: string): OutgoingRecord => ({
  topic,
  key: null,
  value: Buffer.from(value),
  headers: {},
});

/** A log on which some topics fail. */
function createScene(errors: Record<string, Error>, limits: Partial<BatcherLimits> = {}, refused = '') {
  const clock = new ManualClock();
  const written: string[] = [];
  const lines: object[] = [];
  const log = { ...silentLogger, warn: (_message: string, fields?: object) => void lines.push(fields ?? {}) };
  const produce = async (records: readonly OutgoingRecord[]): Promise<void> => {
    const failed = records.map(({ topic }) => errors[topic]).find((error) => error !== undefined);
    if (failed !== undefined) throw failed;
    if (records.some(({ value }) => value?.toString() === refused)) throw failing('crash', 'KAFKA_REFUSED');
    written.push(records.map(({ topic, value }) => `${topic} ${value?.toString()}`).join(', '));
  };
  const ports = { clock, log, metrics: noMetrics, limits: { ...runLoopDefaults, ...limits }, onRoom: () => undefined };
  return { clock, written, lines, errors, batcher: new OutputBatcher({ ...ports, produce }) };
}

test('a topic that cannot be written holds up nobody else, is named once, and goes on when it can', async () => {
  const { clock, written, lines, errors, batcher } = createScene({ lost: failing('retry', 'KAFKA_UNAVAILABLE') });
  const stuck = batcher.submit([recordFor('lost', 'a'), recordFor('well', 'b')]);
  await batcher.submit([recordFor('well', 'c')]);
  await clock.advance(20_000);
  expect(written).toEqual(['well b, well c']);
  expect([batcher.isWaitingForLog, lines]).toEqual([true, [{ topic: 'lost', code: 'KAFKA_UNAVAILABLE' }]]);
  delete errors['lost'];
  await clock.advance(20_000);
  await stuck;
  expect(written).toEqual(['well b, well c', 'lost a']);
  expect(batcher.isWaitingForLog).toBe(false);
});

test('what the log refuses for good is refused to its sender and not tried again; the next one is sent', async () => {
  const refusal = failing('crash', 'KAFKA_REFUSED');
  const { clock, written, errors, batcher } = createScene({ t: refusal });
  await expect(batcher.submit([recordFor('t', 'a')])).rejects.toBe(refusal);
  delete errors['t'];
  await batcher.submit([recordFor('t', 'b')]);
  await clock.advance(20_000);
  expect([written, batcher.isWaitingForLog, batcher.isFull]).toEqual([['t b'], false, false]);
});

test('what is not acknowledged is rejected when it closes, and what comes later too', async () => {
  const { clock, batcher } = createScene({ t: failing('retry', 'KAFKA_UNAVAILABLE') });
  const kept = batcher.submit([recordFor('t', 'a')]);
  await clock.advance(1_000);
  batcher.close();
  await expect(kept).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
  await expect(batcher.submit([recordFor('t', 'b')])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
});

test('what belongs to a lost partition is not tried again, and its neighbours in the same request are', async () => {
  const { clock, written, errors, batcher } = createScene({ t: failing('retry', 'KAFKA_UNAVAILABLE') });
  let isOurs = true;
  const lost = batcher.submit([recordFor('t', 'a')], () => isOurs);
  const kept = batcher.submit([recordFor('t', 'b')]);
  await clock.advance(0);
  isOurs = false;
  delete errors['t'];
  const refused = expect(lost).rejects.toMatchObject({ code: 'PARTITION_LOST', fate: 'retry' });
  await clock.advance(1_000);
  await Promise.all([refused, kept]);
  expect([written, batcher.isWaitingForLog]).toEqual([['t b'], false]);
});

test('when all that the log refused belongs to lost partitions, nothing waits for the log any more', async () => {
  const { clock, written, batcher } = createScene({ t: failing('retry', 'KAFKA_UNAVAILABLE') });
  let isOurs = true;
  const lost = batcher.submit([recordFor('t', 'a')], () => isOurs);
  await clock.advance(0);
  isOurs = false;
  const refused = expect(lost).rejects.toMatchObject({ code: 'PARTITION_LOST' });
  await clock.advance(1_000);
  await refused;
  expect([written, batcher.isWaitingForLog, batcher.isFull]).toEqual([[], false, false]);
});

test.each<[string, Partial<BatcherLimits>]>([
  ['records', { produceRecordsMax: 2 }],
  ['bytes', { produceBytesMax: 210 }], // two records of one byte, with what each costs beside it
])('a request is bounded in %s, and what is left goes with the next one, in order', async (_what, limits) => {
  const { written, batcher } = createScene({}, limits);
  await batcher.submit(['a', 'b', 'c', 'd', 'e'].map((value) => recordFor('t', value)));
  expect(written).toEqual(['t a, t b', 't c, t d', 't e']);
});

test('one record that the log refuses for good is refused alone, and its neighbours in the request are sent', async () => {
  const { written, batcher } = createScene({}, {}, 'b');
  const [a, b, c] = ['a', 'b', 'c'].map((value) => batcher.submit([recordFor('t', value)]));
  await expect(b).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
  await Promise.all([a, c]);
  expect(written).toEqual(['t a', 't c']);
});

test('one request of a topic is under way at a time: what a retry sends again cannot come after what was made later', async () => {
  const { clock, written, errors, batcher } = createScene({ t: failing('retry', 'KAFKA_UNAVAILABLE') });
  const first = batcher.submit([recordFor('t', 'a')]);
  await clock.advance(1);
  delete errors['t']; // the log is back, and the first request still waits for its retry
  const second = batcher.submit([recordFor('t', 'b')]);
  await clock.advance(1);
  expect(written).toEqual([]);
  await clock.advance(20_000);
  await Promise.all([first, second]);
  expect(written).toEqual(['t a', 't b']);
});
