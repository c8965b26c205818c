import { expect, test } from '@jest/globals';
import type { RecordsBatch } from '@platformatic/kafka';
import { fetchedRecordsOf } from './platformatic-records.ts';

const at = { topic: 'in', partition: 3 };
const CONTROL = 0b100000;
const BROKER_TIME = 0b1000;

const batch = (firstOffset: bigint, deltas: readonly number[], more: Partial<RecordsBatch> = {}): RecordsBatch => ({
  ...{ firstOffset, length: 0, partitionLeaderEpoch: 0, magic: 2, crc: 0, attributes: 0 },
  ...{ producerId: -1n, producerEpoch: -1, firstSequence: -1, firstTimestamp: 1_000n, maxTimestamp: 9_000n },
  lastOffsetDelta: deltas.at(-1) ?? 0,
  records: deltas.map((offsetDelta) => ({
    ...{ length: 0, attributes: 0, timestampDelta: BigInt(offsetDelta), offsetDelta },
    ...{ key: Buffer.from(`k${offsetDelta}`), value: null, headers: [] },
  })),
  ...more,
});
const offsets = (fetched: ReturnType<typeof fetchedRecordsOf>) => fetched.records.map(({ offset }) => offset);

test('a batch comes whole, also when its second half was asked for: the first is left out', () => {
  const fetched = fetchedRecordsOf(at, [batch(10n, [0, 1, 2]), batch(13n, [0])], 12n);
  expect([offsets(fetched), fetched.nextOffset]).toEqual([[12n, 13n], 14n]);
});

test('the place to go on is behind holes of compaction and markers of transactions, which bring no records', () => {
  const compacted = batch(20n, [1], { lastOffsetDelta: 8 });
  const marker = batch(29n, [0], { attributes: CONTROL });
  const fetched = fetchedRecordsOf(at, [compacted, marker], 20n);
  expect([offsets(fetched), fetched.nextOffset]).toEqual([[21n], 30n]);
});

test('a record is what the log holds: a tombstone, its key, the last of several headers of one name, the time of its producer', () => {
  const headers: [Buffer, Buffer][] = [
    [Buffer.from('a'), Buffer.from('1')],
    [Buffer.from('a'), Buffer.from('2')],
  ];
  const [plain] = batch(0n, [5]).records;
  const fetched = fetchedRecordsOf(at, [batch(0n, [], { lastOffsetDelta: 5, records: [{ ...plain!, headers }] })], 0n);
  expect(fetched.records).toEqual([
    { ...at, offset: 5n, key: Buffer.from('k5'), value: null, headers: { a: Buffer.from('2') }, timestamp: 1_005 },
  ]);
});

test('where the broker sets the time, it is one for the whole batch', () => {
  const { records } = fetchedRecordsOf(at, [batch(0n, [0, 1], { attributes: BROKER_TIME })], 0n);
  expect(records.map(({ timestamp }) => timestamp)).toEqual([9_000, 9_000]);
});
