import { expect, test } from '@jest/globals';
import type { RawRecord } from '../port.ts';
import type { ChangelogRecord } from './changelog-client.ts';
import {
  barrierRecord,
  checkpointBytes,
  checkpointOf,
  emptyCheckpoint,
  entryRecord,
  markerRecord,
} from './changelog-records.ts';
import { Replay } from './replay.ts';
import { bytesOf, storedOf } from './stored-value.ts';

const at = { topic: 'g.changelog', partition: 0 };

/** Records at the offsets 0, 1, 2... */
const log = (...records: ChangelogRecord[]): RawRecord[] =>
  records.map((record, offset) => ({ ...at, ...record, offset: BigInt(offset), timestamp: 0 }));

const barrier = barrierRecord('owner');
/** A flush with a fraction is another try of it: 1.2 is the third of the first. */
const stampOf = (epoch: number, flush: number) => {
  const whole = Math.floor(flush);
  return { epoch: BigInt(epoch), flush: whole, attempt: Math.round((flush - whole) * 10) };
};
const entry = (key: string, value: string | null, epoch: number, flush: number): ChangelogRecord => {
  const stored = value === null ? null : storedOf(Buffer.from(value), 0);
  return entryRecord(Buffer.from(`s\0${key}`), stored, stampOf(epoch, flush));
};
const marker = (next: number, epoch: number, flush: number, logId = 'log'): ChangelogRecord =>
  markerRecord({ input: 'in', base: 0n, next: BigInt(next), logId }, stampOf(epoch, flush));

/** What the disk has in the end, what has to be written again, and where the disk may say that it is. */
function replayed(records: readonly RawRecord[], from = emptyCheckpoint) {
  const replay = new Replay('in', from);
  const disk: Record<string, string> = {};
  for (const record of records) replay.take(record);
  for (const { key, value } of replay.takeApplied()) {
    const name = key.toString().slice(2);
    if (value === null) delete disk[name];
    else disk[name] = bytesOf(value).toString();
  }
  const { offset, newest } = replay.checkpointAt(BigInt(records.length));
  const repairs = replay.repairs().map((key) => key.toString().slice(2));
  return { disk, repairs, offset, newest, next: replay.marker?.next, replay };
}

test('flushes that ended count, in order', () => {
  const records = log(
    barrier,
    entry('a', '1', 0, 1),
    marker(5, 0, 1),
    entry('a', null, 0, 2),
    entry('b', '2', 0, 2),
    marker(7, 0, 2),
  );
  expect(replayed(records)).toMatchObject({ disk: { b: '2' }, repairs: [], offset: 6n, next: 7n });
});

test('the half of a flush at the end does not count, is to be written over, and the disk is not past it', () => {
  const records = log(barrier, entry('a', '1', 0, 1), marker(5, 0, 1), entry('a', '2', 0, 2), barrier);
  expect(replayed(records)).toMatchObject({
    disk: { a: '1' },
    repairs: ['a'],
    offset: 3n,
    newest: { epoch: 0n, flush: 1, attempt: 0 },
    next: 5n,
  });
});

test('of a compacted flush, whose marker is gone, a later flush of the same owner is witness enough', () => {
  const records = log(barrier, entry('a', '1', 0, 1), entry('b', '2', 0, 2), barrier, barrier);
  expect(replayed(records)).toMatchObject({ disk: { a: '1' }, repairs: ['b'] });
});

test('a half counts once the next owner, who has written it over, has ended a flush', () => {
  const records = log(barrier, entry('a', '1', 0, 1), barrier, entry('a', '0', 2, 1), marker(5, 2, 1));
  expect(replayed(records)).toMatchObject({ disk: { a: '0' }, repairs: [], offset: 5n });
});

test('what an earlier owner writes behind a barrier does not count, and its key is told', () => {
  const records = log(
    ...[barrier, entry('a', '1', 0, 1), marker(5, 0, 1)],
    ...[barrier, entry('a', '0', 0, 2), entry('z', '0', 0, 2), marker(9, 0, 2)],
  );
  const { replay, ...seen } = replayed(records);
  expect([replay.stale, seen]).toMatchObject([3, { disk: { a: '1' }, repairs: ['a', 'z'], offset: 4n, next: 5n }]);
});

test('a request of the same owner that comes late does not count either', () => {
  const records = log(barrier, entry('a', '2', 0, 2), marker(6, 0, 2), entry('a', '1', 0, 1), marker(5, 0, 1));
  expect(replayed(records)).toMatchObject({ disk: { a: '2' }, repairs: ['a'], next: 6n });
});

test('nor does the first try of a flush that comes behind the second: it has less', () => {
  const records = log(barrier, entry('a', '2', 0, 1.1), marker(2, 0, 1.1), entry('a', '1', 0, 1), marker(1, 0, 1));
  expect(replayed(records)).toMatchObject({ disk: { a: '2' }, repairs: ['a'], next: 2n });
});

test('of two tries whose ends have not been seen none counts, and of two whole ones the second', () => {
  const halves = log(barrier, entry('a', '1', 0, 1), entry('a', '1', 0, 1.1), entry('b', '1', 0, 1.1));
  expect(replayed(halves)).toMatchObject({ disk: {}, repairs: ['a', 'b'], offset: 1n });
  const first = [barrier, entry('a', '1', 0, 1), marker(1, 0, 1)];
  const records = log(...first, entry('a', '2', 0, 1.1), marker(2, 0, 1.1));
  expect(replayed(records)).toMatchObject({ disk: { a: '2' }, repairs: [], next: 2n });
});

test('what a zombie writes into the middle of a flush is mended, though the flush has its key', () => {
  const before = [barrier, entry('a', '1', 0, 1), marker(5, 0, 1), barrier];
  const records = log(...before, entry('a', '2', 3, 1), entry('a', '0', 0, 2), marker(6, 3, 1));
  expect(replayed(records)).toMatchObject({ disk: { a: '2' }, repairs: ['a'], next: 6n });
});

test('a key that was written over since has nothing left to mend', () => {
  const zombie = [barrier, entry('a', '1', 0, 1), marker(5, 0, 1), barrier, entry('a', '0', 0, 2), marker(9, 0, 2)];
  const records = log(...zombie, entry('a', '3', 3, 1), marker(7, 3, 1));
  expect(replayed(records)).toMatchObject({ disk: { a: '3' }, repairs: [], offset: 8n });
});

test('from the checkpoint of a half on, the rest of it is found', () => {
  const records = log(
    barrier,
    entry('a', '1', 0, 1),
    marker(5, 0, 1),
    entry('a', '2', 0, 2),
    entry('b', '2', 0, 2),
    marker(7, 0, 2),
  );
  const { offset, newest, replay } = replayed(records.slice(0, 4));
  const checkpoint = checkpointOf(checkpointBytes({ offset, newest, marker: replay.marker }));
  const tail = records.filter((record) => record.offset >= checkpoint.offset);
  expect(replayed(tail, checkpoint)).toMatchObject({ disk: { a: '2', b: '2' }, next: 7n });
});

test('records of a topic that was made again are told from those of the checkpoint', () => {
  const from = { ...emptyCheckpoint, marker: { input: 'in', base: 0n, next: 5n, logId: 'old' } };
  expect(replayed(log(barrier, marker(5, 0, 1, 'old')), from).replay.isAnotherLog).toBe(false);
  expect(replayed(log(barrier, marker(1, 0, 1, 'new')), from).replay.isAnotherLog).toBe(true);
});

test('records that no owner wrote are passed over', () => {
  const strange = { key: Buffer.from('hello'), value: Buffer.from('x'), headers: {} };
  expect(replayed(log(strange, { ...strange, key: Buffer.from('s\0x') }))).toMatchObject({ disk: {}, repairs: [] });
});
