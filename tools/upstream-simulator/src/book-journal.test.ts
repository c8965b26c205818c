import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entryIn, openBookJournal, type BookJournal } from './book-journal.ts';
import { createEstimateBook, type EstimateBook } from './estimate-book.ts';
import { createValuationDesk, type ValuationDesk } from './valuation-desk.ts';

let dataDir = '';
const journals: BookJournal[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'porchlight-simulator-'));
});
afterEach(() => {
  journals.splice(0).forEach((each) => each.close());
  rmSync(dataDir, { recursive: true });
});

/** Opens the folder as a new process would; the one before was not closed in an orderly way. */
async function restart(): Promise<{ book: EstimateBook; desk: ValuationDesk }> {
  const book = createEstimateBook(1);
  const journal = await openBookJournal(book, dataDir);
  journals.push(journal);
  return { book, desk: createValuationDesk({ book, journal, seed: 1, nowMs: () => 1_800_000_000_000 }) };
}

describe('over a restart', () => {
  test('values, versions and withdrawals stay, and the next version is higher', async () => {
    const { book, desk } = await restart();
    desk.load([
      { propertyId: 'a', valueUsd: 500_000 },
      { propertyId: 'b', valueUsd: 700_000 },
      { propertyId: 'none', valueUsd: null },
    ]);
    desk.revalue({ propertyIds: ['a'] });
    desk.withdraw(['b']);
    const before = [...book.entries()];

    const after = await restart();
    expect([...after.book.entries()]).toEqual(before);
    expect(after.book.estimateOf('a')).toEqual(book.estimateOf('a'));
    expect(after.book.estimateOf('b')).toBeUndefined();
    expect(
      after.desk.revalue({ propertyIds: ['a', 'b'] }).estimates.map(({ estimateVersion }) => estimateVersion),
    ).toEqual([3, 3]);

    const again = await restart();
    expect(again.book.entryOf('a')?.estimateVersion).toBe(3);
    expect(again.desk.load([{ propertyId: 'a', valueUsd: 500_000 }]).changed).toBe(0);
  });

  test('a line that a crash cut short is left out, and what came before it stays', async () => {
    const { desk } = await restart();
    desk.load([{ propertyId: 'a', valueUsd: 500_000 }]);
    appendFileSync(join(dataDir, 'estimates.journal.csv'), 'a,500000,9999,0,77,18000');
    expect((await restart()).book.entryOf('a')).toMatchObject({ estimateVersion: 1, valueUsd: 500_000 });
  });

  test('a journal read twice, after a crash between snapshot and removal, changes nothing', async () => {
    const { desk } = await restart();
    desk.load([{ propertyId: 'a', valueUsd: 500_000 }]);
    const old = readFileSync(join(dataDir, 'estimates.journal.csv'));
    const { desk: second } = await restart();
    second.revalue({ propertyIds: ['a'] });
    const { book } = await restart();
    appendFileSync(join(dataDir, 'estimates.journal.csv'), old);
    expect((await restart()).book.entryOf('a')).toEqual(book.entryOf('a'));
  });

  test('the folder holds one snapshot and one journal, however often it starts', async () => {
    for (let start = 0; start < 3; start += 1) (await restart()).desk.load([{ propertyId: `p${start}`, valueUsd: 1 }]);
    expect(readdirSync(dataDir).sort()).toEqual(['estimates.csv', 'estimates.journal.csv']);
  });
});

test('a book grows past its first columns and keeps every home', async () => {
  const { book, desk } = await restart();
  const homes = Array.from({ length: 3_000 }, (_, index) => ({ propertyId: `p${index}`, valueUsd: index + 1 }));
  desk.load(homes);
  expect(book.size).toBe(3_000);
  expect([0, 1_023, 1_024, 2_999].map((index) => book.estimateOf(`p${index}`)?.valueUsd)).toEqual([
    1, 1_024, 1_025, 3_000,
  ]);
});

test.each(['', 'a', 'a,1,2,0,1,5', 'a,1,2,0,1,5,'])('a line without its end is none: %j', (line) => {
  expect(entryIn(line)).toBeUndefined();
});
