import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assignSticky, countMoved } from './assign-sticky.ts';
import type { Assignment, AssignmentInput, AssignmentMember, PartitionsByTopic } from './assignment-port.ts';

const TOPICS = ['a', 'b', 'c', 'd'];

const member = (memberId: string, topics: readonly string[], owned: PartitionsByTopic = {}, generation = 1) => ({
  ...{ memberId, topics, owned, generation },
});

/** The members as they present themselves after an assignment. */
const holding = (assignment: Assignment, topics: readonly string[], generation = 1): AssignmentMember[] =>
  [...assignment].map(([memberId, owned]) => member(memberId, topics, owned, generation));

const pairsOf = (assignment: Assignment): string[] =>
  [...assignment.values()].flatMap((owned) =>
    Object.entries(owned).flatMap(([topic, list]) => list.map((partition) => `${topic}/${partition}`)),
  );

const plain = (assignment: Assignment): Record<string, PartitionsByTopic> => Object.fromEntries(assignment);

/** Groups of members that all read all topics, with claims of any kind. */
const groups = fc
  .record({
    counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }),
    together: fc.boolean(),
    claims: fc.array(
      fc.record({
        generation: fc.integer({ min: 1, max: 3 }),
        owned: fc.dictionary(fc.constantFrom(...TOPICS), fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 9 })),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(({ counts, together, claims }): AssignmentInput => {
    const topics = TOPICS.slice(0, counts.length);
    const isPair = together && counts.length > 1;
    const partitions = new Map(topics.map((topic, index) => [topic, counts[isPair && index === 1 ? 0 : index] ?? 0]));
    return {
      members: claims.map(({ owned, generation }, index) => member(`m${index}`, topics, owned, generation)),
      partitions,
      coPartitioned: isPair ? [['a', 'b']] : [],
    };
  });

/** Units by set: co-partitioned topics count once. */
const setsOf = ({ partitions, coPartitioned }: AssignmentInput): string[] =>
  [...partitions.keys()].filter((topic) => !(coPartitioned.length > 0 && topic === 'b'));

const unitsOf = (owned: PartitionsByTopic, sets: readonly string[]): number[] =>
  sets.map((set) => owned[set]?.length ?? 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const spread = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers);

describe('an assignment', () => {
  test('gives every partition to one member, and no partition that is not there', () => {
    fc.assert(
      fc.property(groups, (input) => {
        const expected = [...input.partitions].flatMap(([topic, count]) =>
          Array.from({ length: count }, (_, partition) => `${topic}/${partition}`),
        );
        expect(pairsOf(assignSticky(input)).toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 500 },
    );
  });

  test('is even: in each set, and over all sets, two members differ by one at most', () => {
    fc.assert(
      fc.property(groups, (input) => {
        const sets = setsOf(input);
        const units = [...assignSticky(input).values()].map((owned) => unitsOf(owned, sets));
        sets.forEach((_, index) => expect(spread(units.map((each) => each[index] ?? 0))).toBeLessThanOrEqual(1));
        expect(spread(units.map(sum))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  test('keeps co-partitioned topics together', () => {
    fc.assert(
      fc.property(groups, (input) => {
        if (input.coPartitioned.length === 0) return;
        for (const owned of assignSticky(input).values()) expect(owned['a'] ?? []).toEqual(owned['b'] ?? []);
      }),
      { numRuns: 500 },
    );
  });

  test('does not depend on the order in which members, topics and claims are given', () => {
    fc.assert(
      fc.property(groups, (input) => {
        const turned = {
          members: input.members
            .toReversed()
            .map((each) => ({ ...each, owned: Object.fromEntries(Object.entries(each.owned).toReversed()) })),
          partitions: new Map([...input.partitions].toReversed()),
          coPartitioned: input.coPartitioned.map((topics) => topics.toReversed()),
        };
        expect(plain(assignSticky(turned))).toEqual(plain(assignSticky(input)));
      }),
      { numRuns: 200 },
    );
  });

  test('moves as little as any even assignment could', () => {
    fc.assert(
      fc.property(groups, (input) => {
        const sets = setsOf(input);
        const kept = sum([...keptBy(input, sets, assignSticky(input)).values()]);
        expect(kept).toBe(mostThatCanBeKept(input, sets));
      }),
      { numRuns: 500 },
    );
  });

  test('that is even already does not change', () => {
    fc.assert(
      fc.property(groups, (input) => {
        const first = assignSticky(input);
        const members = holding(first, [...input.partitions.keys()], 4);
        expect(plain(assignSticky({ ...input, members }))).toEqual(plain(first));
        expect(countMoved(members, assignSticky({ ...input, members }))).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

/** Units of each set that stay with the member that rightly claims them; the test's own reading of the rule. */
function holdersOf(input: AssignmentInput, set: string): (string | undefined)[] {
  const topics = input.coPartitioned.length > 0 && set === 'a' ? ['a', 'b'] : [set];
  return Array.from({ length: input.partitions.get(set) ?? 0 }, (_, unit) => {
    const votes = topics.flatMap((topic) => {
      const claims = input.members.filter(({ owned }) => owned[topic]?.includes(unit) === true);
      const newest = Math.max(...claims.map(({ generation }) => generation));
      const right = claims.filter(({ generation }) => generation === newest);
      return right.length === 1 && right[0] !== undefined ? [right[0].memberId] : [];
    });
    return votes.toSorted()[0]; // two topics: agreed, alone, or one each and then the smaller id
  });
}

function keptBy(input: AssignmentInput, sets: readonly string[], assignment: Assignment): Map<string, number> {
  return new Map(
    sets.map((set) => {
      const holders = holdersOf(input, set);
      const stays = [...assignment].map(
        ([memberId, owned]) => (owned[set] ?? []).filter((unit) => holders[unit] === memberId).length,
      );
      return [set, sum(stays)];
    }),
  );
}

/** Tries every way of giving out the extras, and counts what each lets stay among those that are as even as can be. */
function mostThatCanBeKept(input: AssignmentInput, sets: readonly string[]): number {
  const ids = input.members.map(({ memberId }) => memberId);
  const held = sets.map((set) => {
    const holders = holdersOf(input, set);
    return ids.map((id) => holders.filter((holder) => holder === id).length);
  });
  const units = sets.map((set) => input.partitions.get(set) ?? 0);
  let most = 0;
  const visit = (index: number, totals: readonly number[], kept: number): void => {
    if (index === sets.length) {
      if (spread(totals) <= 1) most = Math.max(most, kept);
      return;
    }
    const even = Math.floor((units[index] ?? 0) / ids.length);
    for (const extra of choices(ids.length, (units[index] ?? 0) % ids.length)) {
      const quotas = ids.map((_, at) => even + (extra.has(at) ? 1 : 0));
      const stays = quotas.map((quota, at) => Math.min(quota, held[index]?.[at] ?? 0));
      visit(
        index + 1,
        totals.map((total, at) => total + (quotas[at] ?? 0)),
        kept + sum(stays),
      );
    }
  };
  visit(0, new Array<number>(ids.length).fill(0), 0);
  return most;
}

/** Every set of `size` numbers below `from`. */
function choices(from: number, size: number): Set<number>[] {
  if (size === 0) return [new Set()];
  if (from < size) return [];
  return [...choices(from - 1, size), ...choices(from - 1, size - 1).map((set) => new Set([...set, from - 1]))];
}

describe('members that come and go', () => {
  const partitions = new Map([
    ['a', 24],
    ['b', 12],
  ]);
  const topics = ['a', 'b'];
  const start = (count: number): Assignment =>
    assignSticky({
      members: Array.from({ length: count }, (_, index) => member(`m${index}`, topics)),
      partitions,
      coPartitioned: [],
    });

  test('a member that leaves moves its partitions only', () => {
    const before = start(4);
    const left = holding(before, topics).filter(({ memberId }) => memberId !== 'm1');
    const after = assignSticky({ members: left, partitions, coPartitioned: [] });
    for (const { memberId, owned } of left)
      for (const topic of topics)
        expect(after.get(memberId)?.[topic]).toEqual(expect.arrayContaining([...(owned[topic] ?? [])]));
    expect(countMoved(left, after)).toBe(9);
  });

  test('a member that joins takes what evenness needs, and nobody else gets anything', () => {
    const before = start(3);
    const joined = [...holding(before, topics), member('m9', topics)];
    const after = assignSticky({ members: joined, partitions, coPartitioned: [] });
    expect(after.get('m9')).toEqual({ a: expect.any(Array), b: expect.any(Array) });
    expect([after.get('m9')?.['a']?.length, after.get('m9')?.['b']?.length]).toEqual([6, 3]);
    expect(countMoved(joined, after)).toBe(9);
  });

  test('one partition in each of four topics is shared by two members, though each topic alone would be even', () => {
    const ones = new Map(TOPICS.map((topic) => [topic, 1]));
    const first = assignSticky({ members: [member('m0', TOPICS)], partitions: ones, coPartitioned: [] });
    const members = [...holding(first, TOPICS), member('m1', TOPICS)];
    const after = assignSticky({ members, partitions: ones, coPartitioned: [] });
    expect([...after.values()].map((owned) => Object.keys(owned).length)).toEqual([2, 2]);
    expect(countMoved(members, after)).toBe(2);
  });

  test('a topic that grew gives the new partitions out and moves none of the old', () => {
    const before = start(3);
    const grown = new Map([...partitions, ['a', 30]]);
    const members = holding(before, topics);
    const after = assignSticky({ members, partitions: grown, coPartitioned: [] });
    expect(countMoved(members, after)).toBe(6);
    expect([...after.values()].map((owned) => owned['a']?.length)).toEqual([10, 10, 10]);
  });
});

describe('claims', () => {
  const partitions = new Map([['a', 4]]);
  const assign = (members: AssignmentMember[]) => plain(assignSticky({ members, partitions, coPartitioned: [] }));

  test('a member that was away loses what another has held since', () => {
    const zombie = member('m0', ['a'], { a: [0, 1, 2, 3] }, 5);
    const owner = member('m1', ['a'], { a: [2, 3] }, 6);
    expect(assign([zombie, owner])).toEqual({ m0: { a: [0, 1] }, m1: { a: [2, 3] } });
  });

  test('two claims of one generation are both void', () => {
    const both = [member('m0', ['a'], { a: [2, 3] }, 5), member('m1', ['a'], { a: [0, 2, 3] }, 5)];
    expect(countMoved(both, assignSticky({ members: both, partitions, coPartitioned: [] }))).toBe(3);
  });

  test('a claim to a partition that is not there, or to a topic that one no longer reads, is nothing', () => {
    const members = [member('m0', [], { a: [0, 1, 9] }), member('m1', ['a'], { gone: [1] })];
    expect(assign(members)).toEqual({ m0: {}, m1: { a: [0, 1, 2, 3] } });
  });

  test('of topics that belong together, what a member holds that does not read them all counts for nothing', () => {
    const all = ['a', 'b', 'c'];
    const members = [
      member('m0', ['a', 'b'], { a: [0, 1], b: [0, 1] }),
      member('m1', all, { c: [1] }),
      member('m2', all, { c: [0] }),
    ];
    const counts = new Map(all.map((topic): [string, number] => [topic, 2]));
    const after = plain(assignSticky({ members, partitions: counts, coPartitioned: [all] }));
    expect(after).toEqual({ m0: {}, m1: { a: [1], b: [1], c: [1] }, m2: { a: [0], b: [0], c: [0] } });
  });

  test('co-partitions that another assigner had put apart come together where more of them are', () => {
    const members = [member('m0', ['a', 'b'], { a: [0, 1], b: [1] }), member('m1', ['a', 'b'], { b: [0] })];
    const counts = new Map([
      ['a', 2],
      ['b', 2],
    ]);
    const after = plain(assignSticky({ members, partitions: counts, coPartitioned: [['a', 'b']] }));
    expect(after).toEqual({ m0: { a: [0], b: [0] }, m1: { a: [1], b: [1] } });
  });
});

describe('the edges', () => {
  test('no members: nobody gets anything', () => {
    expect(plain(assignSticky({ members: [], partitions: new Map([['a', 3]]), coPartitioned: [] }))).toEqual({});
  });

  test('no partitions: every member is there with nothing', () => {
    const members = [member('m0', ['a']), member('m1', ['a'])];
    expect(plain(assignSticky({ members, partitions: new Map([['a', 0]]), coPartitioned: [['a']] }))).toEqual({
      m0: {},
      m1: {},
    });
  });

  test('more members than partitions: the others wait with nothing', () => {
    const members = ['m0', 'm1', 'm2'].map((id) => member(id, ['a']));
    expect(plain(assignSticky({ members, partitions: new Map([['a', 2]]), coPartitioned: [] }))).toEqual({
      m0: { a: [0] },
      m1: { a: [1] },
      m2: {},
    });
  });

  test('a member gets nothing of a topic that it does not read, and no topic is left out for it', () => {
    const members = [member('m0', ['a']), member('m1', ['a', 'b'])];
    const counts = new Map([
      ['a', 4],
      ['b', 2],
    ]);
    const after = plain(assignSticky({ members, partitions: counts, coPartitioned: [] }));
    expect(after).toEqual({ m0: { a: [0, 2] }, m1: { a: [1, 3], b: [0, 1] } });
  });

  test('a declared pair that no member reads whole falls apart, so that no partition is left out', () => {
    const members = [member('m0', ['a']), member('m1', ['b'])];
    const counts = new Map([
      ['a', 2],
      ['b', 2],
    ]);
    const after = plain(assignSticky({ members, partitions: counts, coPartitioned: [['a', 'b']] }));
    expect(after).toEqual({ m0: { a: [0, 1] }, m1: { b: [0, 1] } });
  });

  test('a hundred members and six topics are shared out at once', () => {
    const counts = new Map(Array.from({ length: 6 }, (_, index) => [`t${index}`, 37 + index]));
    const topics = [...counts.keys()];
    const members = Array.from({ length: 100 }, (_, index) => member(`m${index}`, topics));
    const after = assignSticky({ members, partitions: counts, coPartitioned: [] });
    expect(
      spread([...after.values()].map((owned) => sum(topics.map((topic) => owned[topic]?.length ?? 0)))),
    ).toBeLessThanOrEqual(1);
  });
});
