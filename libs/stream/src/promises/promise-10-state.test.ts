import { expect, test } from '@jest/globals';
import type { StoreDefinition, TaskDefinition, Topic } from '../port.ts';
import { describePromise, reading, type TestBed } from '../testing/test-bed.ts';

interface Visit {
  who: string;
}

const counts: StoreDefinition<number> = { name: 'counts', values: { name: 'count' } };

/** Counts visits by person, and sends each count. */
const counting = (input: Topic<Visit>, output: Topic<number>): TaskDefinition<Visit> =>
  reading(
    input,
    (_partition, context) => {
      const kept = context.store(counts);
      return {
        process({ value: { who } }, collector) {
          const visits = (kept.get(who) ?? 0) + 1;
          kept.put(who, visits);
          collector.send(output, who, visits);
        },
      };
    },
    { stores: [counts] },
  );

const quick = { commitEveryMs: 200 };

const setUp = async (bed: TestBed, partitions = 1) => {
  await bed.createChangelog(partitions);
  const input = await bed.createTopic<Visit>('visits', partitions);
  const output = await bed.createTopic<number>('counts');
  const visit = (people: readonly string[], partition = 0): Promise<void> =>
    bed.append(
      input,
      people.map((who) => ({ partition, key: who, value: { who } })),
    );
  const allCommitted = (expected: readonly bigint[]): Promise<unknown> =>
    bed.eventually(
      () => bed.committed(input),
      (offsets) => String(offsets) === String(expected),
      `the commit of ${String(expected)}`,
    );
  /** The last count of each person. */
  const seen = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await bed.read(output)).map(({ key, value }) => [key?.toString(), Number(value?.toString())]),
    ) as Record<string, number>;
  return { definition: counting(input, output), visit, allCommitted, seen, input };
};

describePromise('10: state with a changelog', (bed) => {
  test('on another disk it is rebuilt from the changelog alone, on the same one only the tail is read', async () => {
    const { definition, visit, allCommitted, seen } = await setUp(bed());
    const everybody = Array.from({ length: 300 }, (_, n) => `guest-${n}`);
    const first = await bed().startMember([definition], quick, 'a disk');
    await visit(everybody);
    await allCommitted([300n]);
    await first.stop();
    const second = await bed().startMember([definition], quick, 'a disk');
    await visit(['guest-7']);
    await allCommitted([301n]);
    await second.stop();
    await bed().startMember([definition], quick, 'another disk');
    await visit(['guest-7', 'guest-8']);
    await allCommitted([303n]);
    expect(await seen()).toMatchObject({ 'guest-0': 1, 'guest-7': 3, 'guest-8': 2 });
    const [nothing, tail, everything = 0] = bed().restored();
    expect([nothing, tail, bed().fatal]).toEqual([1, 1, []]); // the barrier of each
    expect(everything).toBeGreaterThanOrEqual(301);
  });

  test('an operator who goes back within the last commit has it counted again, though state would take it for a redelivery', async () => {
    const { definition, visit, allCommitted, seen, input } = await setUp(bed());
    const first = await bed().startMember([definition], { commitEveryMs: 5_000 }, 'a disk');
    await visit(['ann', 'bob', 'ann']);
    await bed().eventually(seen, (counted) => counted['ann'] === 2, 'all three');
    await first.stop();
    await allCommitted([3n]);
    await bed().setStart(input, 0, 1n);
    await bed().startMember([definition], quick, 'a disk');
    await allCommitted([3n]);
    await bed().eventually(seen, (counted) => counted['ann'] === 3, 'the last two once more');
    expect([await seen(), bed().alreadyDone(), bed().fatal]).toEqual([{ ann: 3, bob: 2 }, 0, []]);
  });

  test('it moves with its partition', async () => {
    const { definition, visit, allCommitted, seen } = await setUp(bed(), 4);
    const visitAll = (round: bigint): Promise<unknown> =>
      Promise.all([0, 1, 2, 3].map((partition) => visit([`guest-${partition}`], partition))).then(() =>
        allCommitted([round, round, round, round]),
      );
    const first = await bed().startMember([definition], quick);
    await visitAll(1n);
    const second = await bed().startMember([definition], quick);
    await bed().eventually(
      () => [first, second].map((app) => app.state().partitions.length),
      (held) => String(held) === '2,2',
      'two partitions each',
    );
    await visitAll(2n);
    await first.stop();
    await visitAll(3n);
    expect([await seen(), bed().fatal]).toEqual([{ 'guest-0': 3, 'guest-1': 3, 'guest-2': 3, 'guest-3': 3 }, []]);
  });

  test('a store ranges and expires on the log that is there', async () => {
    const { input, visit, allCommitted } = await setUp(bed());
    const short: StoreDefinition<number> = { ...counts, ttlMs: 1 };
    const lasting: StoreDefinition<number> = { ...counts, name: 'lasting' };
    const seen: string[][] = [];
    const definition = reading<Visit>(
      input,
      (_partition, context) => {
        const [first, second] = [context.store(short), context.store(lasting)];
        return {
          async process({ value: { who } }) {
            if (who === 'look') return void seen.push([...first.range(), ...second.range({ gte: 'b' })].map(String));
            first.put(who, 1);
            second.put(who, 2);
          },
        };
      },
      { stores: [short, lasting] },
    );
    await bed().startMember([definition], quick);
    await visit(['c', 'a', 'b']);
    await allCommitted([3n]);
    await visit(['look']);
    await allCommitted([4n]);
    expect([seen, bed().fatal]).toEqual([[['b,2', 'c,2']], []]);
  });
});
