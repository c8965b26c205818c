import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { judgeRecords } from './judge-records.ts';
import { createRecordWriter } from './record-files.ts';
import { parseRecord, printRecord, type Recorded } from './record.ts';

const records: readonly Recorded[] = [
  {
    kind: 'R',
    home: 17,
    began: 1.5,
    ended: 2.25,
    facts: 1,
    estimate: 0,
    source: 'm',
    acquiredAt: 0,
    checkedAt: 3,
    hardExpiryAt: 4,
    wallAt: 5,
  },
  { kind: 'I', home: 17, began: 0.5, ended: 1.125, version: 2, removed: true },
  { kind: 'C', home: 17, began: 0.25, ended: 0.375, version: 2, removed: false },
  { kind: 'U', home: 1, began: 7, ended: 8, version: 2, removed: false },
  { kind: 'X', home: 1, began: 7, ended: 8 },
  { kind: 'F', home: 1, facts: 1, estimate: 2, trueFacts: 1, trueEstimate: 2 },
];

test('every record is read as it was written', () => {
  expect(records.map((record) => parseRecord(printRecord(record)))).toEqual(records);
});

test.each(['', 'Z 1 2 3', 'R 1 2 3 4', 'R 1 2 3 4 5 z 0 0 0 0', 'I 1 a 3 4 0'])('the line "%s" is refused', (line) => {
  expect(() => parseRecord(line)).toThrow('no record');
});

test('what several processes wrote is judged together', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'records-'));
  try {
    for (const [at, record] of records.entries()) {
      const writer = createRecordWriter(folder, `p${at}`);
      writer.write(record);
      await writer.flush();
    }
    expect(await judgeRecords(folder, null)).toMatchObject({ reads: 1, invalidations: 1, staleReads: 1 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
