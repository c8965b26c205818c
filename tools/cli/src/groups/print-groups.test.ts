import { expect, test } from '@jest/globals';
import type { GroupReport, PartitionReport } from './group-report.ts';
import { barOf, printGroup, printGroups, sparklineOf } from './print-groups.ts';

const NOW = 1_000_000_000;
const partition = (fields: Partial<PartitionReport>): PartitionReport => ({
  topic: 't',
  partition: 0,
  committed: 1,
  low: 0,
  end: 1,
  lag: 0,
  lost: 0,
  oldestUnreadAt: null,
  owner: 'app-0',
  ...fields,
});
const report = (fields: Partial<GroupReport>): GroupReport => ({
  group: 'porchlight.g',
  state: 'Stable',
  members: [{ memberId: 'app-0-1', clientId: 'app-0', host: '10.0.0.1', partitions: 1 }],
  partitions: [partition({})],
  lag: 0,
  oldestUnreadMs: null,
  ...fields,
});

test('one character for each partition, as high as its lag is against the most', () => {
  expect(sparklineOf([0, 1, 4, 8, null])).toBe('·▁▄█?');
});

test('a lag of one can be seen beside a large one', () => {
  expect([barOf(0, 1_000_000), barOf(1, 1_000_000), barOf(500, 1_000), barOf(7, 7)]).toEqual([
    '',
    '▏',
    '█'.repeat(10),
    '█'.repeat(20),
  ]);
});

test('says what an operator must look at: lost records, topics that are gone, partitions without an owner', () => {
  const partitions = [
    partition({ lost: 3 }),
    partition({ topic: 'old', end: null, low: null, lag: null }),
    partition({ partition: 1, owner: null }),
    partition({ partition: 2, committed: 9, end: 1 }),
  ];
  const text = printGroups([report({ partitions })]);
  expect(text).toContain('retention took 3 records before they were read');
  expect(text).toContain('the topic old is gone');
  expect(text).toContain('1 partition where it stands behind the end');
  expect(text).toContain('1 partition of 4 that nobody owns');
});

test('a client id cannot write on the screen of who looks at it', () => {
  const evil = 'app\u001b[2J\u202e';
  const text = printGroup(
    report({
      members: [{ memberId: evil, clientId: evil, host: 'h', partitions: 1 }],
      partitions: [partition({ owner: evil })],
    }),
    NOW,
  );
  expect(text).not.toContain('\u001b');
  expect(text).toContain('app\\u001b[2J\\u202e');
});

test('the age of what is unread is said in two units', () => {
  const text = printGroup(
    report({
      lag: 1,
      oldestUnreadMs: 93_784_000,
      partitions: [partition({ lag: 1, oldestUnreadAt: NOW - 93_784_000 })],
    }),
    NOW,
  );
  expect(text.match(/1 d 2 h/g)).toHaveLength(2);
});
