import { expect, test } from '@jest/globals';
import { describePromise, reading } from '../testing/test-bed.ts';

describePromise('1: a task is one partition of the input, and its state belongs to it', (bed) => {
  test('each partition has a task of its own, whose fields no other partition sees', async () => {
    const input = await bed().createTopic<{ n: number }>('in', 3);
    const sums: Record<number, number> = {};
    const definition = reading(input, ({ partition }) => {
      let sum = 0;
      return { process: ({ value }) => void (sums[partition] = sum += value.n) };
    });
    await bed().append(
      input,
      [1, 2, 3, 4, 5, 6].map((n, index) => ({ partition: index % 3, value: { n } })),
    );
    await bed().startMember([definition]);
    await bed().eventually(
      () => sums,
      (seen) => (seen[0] ?? 0) + (seen[1] ?? 0) + (seen[2] ?? 0) === 21,
      'all records',
    );
    expect(sums).toEqual({ 0: 1 + 4, 1: 2 + 5, 2: 3 + 6 });
  });

  test('two processes share the partitions, and each partition is processed by one of them', async () => {
    const input = await bed().createTopic<{ n: number }>('in', 4);
    const createdBy: Record<string, number[]> = { first: [], second: [] };
    const definitionOf = (member: string) =>
      reading(input, ({ partition }) => {
        createdBy[member]?.push(partition);
        return {
          process: () => undefined,
          close: () => void (createdBy[member] = createdBy[member]?.filter((each) => each !== partition) ?? []),
        };
      });
    await bed().startMember([definitionOf('first')]);
    await bed().startMember([definitionOf('second')]);
    const held = await bed().eventually(
      () => createdBy,
      ({ first, second }) => first?.length === 2 && second?.length === 2,
      'two partitions each',
    );
    expect([...(held['first'] ?? []), ...(held['second'] ?? [])].toSorted()).toEqual([0, 1, 2, 3]);
  });
});
