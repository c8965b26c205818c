import { describe, expect, test } from '@jest/globals';
import { groupReport, partitionsOf, unreadOf, type GroupFacts } from './group-report.ts';

const facts = (fields: Partial<GroupFacts>): GroupFacts => ({
  found: { group: 'g', state: 'Empty', members: [] },
  committed: [],
  bounds: new Map(),
  ...fields,
});
const at = (partition: number, offset: number) => ({ topic: 't', partition, offset });
const bounds = (...each: [number, number][]) =>
  new Map([['t', each.map(([low, end], partition) => ({ partition, low, end }))]]);

describe('lag', () => {
  test('counts what is kept and not read; nothing committed is not known, and not zero', () => {
    const partitions = partitionsOf(facts({ committed: [at(0, 5), at(1, 9)], bounds: bounds([0, 9], [0, 9], [0, 9]) }));
    expect(partitions.map(({ lag }) => lag)).toEqual([4, 0, null]);
  });

  test('of a topic that was deleted and made again, where the old place lies behind the end, is none', () => {
    expect(partitionsOf(facts({ committed: [at(0, 500)], bounds: bounds([0, 3]) }))).toMatchObject([
      { lag: 0, lost: 0 },
    ]);
  });
});

test('the oldest unread record is looked for where the group stands, or at the oldest that is kept', () => {
  const partitions = partitionsOf(
    facts({ committed: [at(0, 5), at(1, 2), at(2, 9)], bounds: bounds([0, 9], [4, 9], [0, 9]) }),
  );
  expect(unreadOf(partitions)).toEqual([at(0, 5), at(1, 4)]);
});

test('a group that is called dead and has offsets speaks another protocol', () => {
  const dead = { group: 'g', state: 'Dead', members: [] };
  const stateOf = (fields: Partial<GroupFacts>) => groupReport(facts({ found: dead, ...fields }), new Map(), 0).state;
  expect([stateOf({}), stateOf({ committed: [at(0, 1)], bounds: bounds([0, 1]) })]).toEqual([
    'Dead',
    'Unknown (another group protocol: its members are not shown)',
  ]);
});

test('a clock behind the producer’s makes no negative age', () => {
  const report = groupReport(
    facts({ committed: [at(0, 0)], bounds: bounds([0, 1]) }),
    new Map([['t/0', 2_000]]),
    1_000,
  );
  expect(report.oldestUnreadMs).toBe(0);
});
