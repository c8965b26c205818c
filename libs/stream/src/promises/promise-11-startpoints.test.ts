import { describe, expect, test } from '@jest/globals';
import type { StoreDefinition, Topic } from '../port.ts';
import { numbers, processAll, runMember, steps, type Step } from '../testing/numbered-steps.ts';
import { createTestRun } from '../testing/test-run.ts';
import { describeInMemory, describePromise, processing, reading, type TestBed } from '../testing/test-bed.ts';

const MINUTE_MS = 60_000;
const TEN_SECONDS_MS = 10_000;
const skipping = { catchUp: { skipOlderThanMs: TEN_SECONDS_MS } } as const;

/** `latest` is decided when the partitions are assigned: what is sent before that lies before it. */
const untilBegun = (bed: TestBed, input: Topic<Step>): Promise<unknown> =>
  bed.eventually(
    () => bed.committed(input),
    (offsets) => offsets.every((offset) => offset >= 0n),
    'the beginnings',
  );

describePromise('11: a group begins where it was told to', (bed) => {
  test.each([
    ['back', 3n],
    ['forward', 8n],
  ])('an operator who sets it %s while it is away is obeyed at its next start', async (_way, offset) => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 10));
    await processAll(bed(), input, 10);
    await bed().setStart(input, 0, offset);
    const wanted = numbers(Number(offset), 10);
    expect(await processAll(bed(), input, wanted.length)).toEqual(wanted);
    expect([await bed().committed(input), bed().skipped()]).toEqual([[10n], []]);
  });

  test('latest is what comes after the first start, and stays so while nothing has come', async () => {
    const input = await bed().createTopic<Step>('in', 2);
    await bed().append(input, steps(0, 3));
    const first = await runMember(bed(), input, { startFrom: 'latest' });
    await untilBegun(bed(), input);
    await first.app.stop();
    expect(await bed().committed(input)).toEqual([3n, 0n]);
    await bed().append(input, [...steps(3, 5), ...steps(5, 7, { partition: 1 })]);
    expect((await processAll(bed(), input, 4, { startFrom: 'latest' })).toSorted()).toEqual([3, 4, 5, 6]);
    expect(first.seen).toEqual([]);
  });
});

const sums: StoreDefinition<number> = { name: 'sums', values: { name: 'sum' } };

describePromise('11: a task with state', (bed) => {
  /** Adds up all it has ever processed, and notes each sum. */
  async function sumUp(input: Topic<Step>, untilSums: number): Promise<number[]> {
    const seen: number[] = [];
    const definition = reading(
      input,
      (_partition, context) => {
        const store = context.store(sums);
        return processing<Step>(({ value }) => {
          const sum = (store.get('all') ?? 0) + value.n;
          store.put('all', sum);
          seen.push(sum);
        });
      },
      { stores: [sums] },
    );
    const app = await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (length) => length >= untilSums,
      `${untilSums} sums`,
    );
    await app.stop();
    return seen;
  }

  test.each([
    ['back: it counts again what it has counted before', 1n, [3 + 2, 3 + 2 + 100, 3 + 2 + 100 + 10]],
    ['forward: it goes on there with the state that it has', 3n, [3 + 10]],
  ])('is told %s', async (_way, offset, expected) => {
    await bed().createChangelog();
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, [{ value: { n: 1 } }, { value: { n: 2 } }]);
    expect(await sumUp(input, 2)).toEqual([1, 3]);
    await bed().append(input, [{ value: { n: 100 } }, { value: { n: 10 } }]);
    await bed().setStart(input, 0, offset);
    expect(await sumUp(input, expected.length)).toEqual(expected);
  });
});

describePromise('11: skip to now', (bed) => {
  const old = () => ({ timestamp: bed().now() - MINUTE_MS });

  test('after an outage a warm-up goes on at the first record that is young enough', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 2, old()));
    await processAll(bed(), input, 2);
    await bed().append(input, steps(2, 7, old()));
    await bed().append(input, steps(7, 10));
    expect(await processAll(bed(), input, 3, skipping)).toEqual([7, 8, 9]);
    expect([await bed().committed(input), bed().skipped()]).toEqual([[10n], ['0 skipped 5']]);
  });

  test('what is skipped is committed before anything is processed, though nothing is young enough', async () => {
    const input = await bed().createTopic<Step>('in', 2);
    await bed().append(input, [...steps(0, 5, old()), ...steps(5, 8, { partition: 1, ...old() })]);
    const { seen, app } = await runMember(bed(), input, skipping);
    await bed().eventually(
      () => bed().committed(input),
      (offsets) => offsets.join() === '5,3',
      'the commit',
    );
    await bed().append(input, steps(8, 9));
    await bed().eventually(
      () => seen.length,
      (length) => length > 0,
      'what came after',
    );
    await app.stop();
    expect([seen, bed().skipped().toSorted()]).toEqual([[8], ['0 skipped 5', '1 skipped 3']]);
  });

  test.each([['all' as const], [undefined]])(
    'is not for a definition that says %s: every record is processed, however old',
    async (catchUp) => {
      const input = await bed().createTopic<Step>('in');
      await bed().append(input, steps(0, 5, old()));
      expect(await processAll(bed(), input, 5, catchUp === undefined ? {} : { catchUp })).toEqual([0, 1, 2, 3, 4]);
      expect(bed().skipped()).toEqual([]);
    },
  );
});

describePromise('11: an offset that the log no longer has', (bed) => {
  test.each(['earliest' as const, 'latest' as const])(
    'leads to the earliest record that is left, and never to the end, also for a group that began at %s',
    async (startFrom) => {
      const input = await bed().createTopic<Step>('in');
      const { seen, app } = await runMember(bed(), input, { startFrom });
      if (startFrom === 'latest') await untilBegun(bed(), input);
      await bed().append(input, steps(0, 2));
      await bed().eventually(
        () => seen.length,
        (length) => length === 2,
        'the first records',
      );
      await app.stop();
      await bed().append(input, steps(2, 9));
      await bed().deleteBefore(input, 0, 5n);
      expect(await processAll(bed(), input, 4, { startFrom })).toEqual([5, 6, 7, 8]);
      expect([await bed().committed(input), bed().skipped()]).toEqual([[9n], ['0 out-of-range 3']]);
    },
  );

  test('leads a warm-up on to what is young enough', async () => {
    const input = await bed().createTopic<Step>('in');
    const old = { timestamp: bed().now() - MINUTE_MS };
    await bed().append(input, steps(0, 2, old));
    await processAll(bed(), input, 2);
    await bed().append(input, steps(2, 7, old));
    await bed().append(input, steps(7, 9));
    await bed().deleteBefore(input, 0, 5n);
    expect(await processAll(bed(), input, 2, skipping)).toEqual([7, 8]);
    expect(bed().skipped()).toEqual(['0 out-of-range 3', '0 skipped 2']);
  });
});

describePromise('11: a topic that gains partitions', (bed) => {
  test.each(['earliest' as const, 'latest' as const])(
    'is adopted while the group runs, from the first record of each, for a group that began at %s',
    async (startFrom) => {
      const input = await bed().createTopic<Step>('in', 2);
      const { seen, app } = await runMember(bed(), input, { startFrom });
      if (startFrom === 'latest') await untilBegun(bed(), input);
      await bed().append(input, [...steps(0, 1), ...steps(1, 2, { partition: 1 })]);
      await bed().eventually(
        () => seen.length,
        (length) => length === 2,
        'the first records',
      );
      await bed().grow(input, 4, [...steps(2, 4, { partition: 2 }), ...steps(4, 6, { partition: 3 })]);
      await bed().eventually(
        () => seen.length,
        (length) => length === 6,
        'the records of the new partitions',
      );
      expect(seen.toSorted()).toEqual(numbers(0, 6));
      expect(bed().fatal).toEqual([]);
      await app.stop();
    },
  );

  test('while nobody runs is adopted at the next start, from the first record of each', async () => {
    const input = await bed().createTopic<Step>('in');
    const { seen, app } = await runMember(bed(), input, { startFrom: 'latest' });
    await untilBegun(bed(), input);
    await bed().append(input, steps(0, 1));
    await bed().eventually(
      () => seen.length,
      (length) => length === 1,
      'the first record',
    );
    await app.stop();
    await bed().grow(input, 2, steps(1, 3, { partition: 1 }));
    expect(await processAll(bed(), input, 2, { startFrom: 'latest' })).toEqual([1, 2]);
  });
});

describeInMemory('11: counts of partitions', () => {
  const values = { name: 'values' };
  const stateful = (input: Topic<Step>) =>
    reading(input, () => processing(() => undefined), { stores: [{ name: 'counts', values }] });

  test('that grow stop a task with state, and leave one without it running', async () => {
    const input = { name: 'in' };
    const other = { name: 'other' };
    const definitions = [stateful(input), reading(other, () => processing(() => undefined))];
    const run = createTestRun({ definitions, partitions: { in: 2, other: 2 } });
    await run.startMember();
    await run.log.grow('other', 4);
    expect(run.fatal).toEqual([]);
    await run.log.grow('in', 4);
    expect(run.fatal).toEqual([expect.objectContaining({ code: 'TOPIC_GREW', fate: 'crash' })]);
    await run.stop();
  });

  test('that differ stop a definition whose inputs belong together, at its start', async () => {
    const pair = { ...reading({ name: 'a' }, () => processing(() => undefined)), coPartitioned: true };
    const definitions = [{ ...pair, inputs: [{ name: 'a' }, { name: 'b' }] }];
    const run = createTestRun({ definitions, partitions: { a: 4, b: 2 } });
    await run.startMember();
    expect(run.fatal).toEqual([
      expect.objectContaining({ code: 'CO_PARTITION_MISMATCH', message: expect.stringContaining('a has 4, b has 2') }),
    ]);
    await run.stop();
  });
});

describe('what an assignment passes over', () => {
  test('is said once for each partition, with the offsets between which it lies', async () => {
    const lines: object[] = [];
    const note = (message: string, fields: object = {}) => void lines.push({ message, ...fields });
    const silent = () => undefined;
    const input = { name: 'in' };
    const definitions = [reading(input, () => processing(() => undefined), skipping)];
    const run = createTestRun({ definitions, logger: { debug: silent, info: silent, warn: note, error: note } });
    run.log.commit(run.groupId, { topic: 'in', partition: 0 }, 1n);
    for (let n = 0; n < 6; n += 1) run.append({ topic: input, value: { n }, timestamp: run.clock.now() - MINUTE_MS });
    run.log.deleteBefore({ topic: 'in', partition: 0 }, 4n);
    await run.startMember();
    await run.stop();
    expect(lines).toEqual([
      expect.objectContaining({ code: 'OFFSET_OUT_OF_RANGE', topic: 'in', partition: 0, from: '1', to: '4' }),
      expect.objectContaining({ message: expect.stringContaining('skipped to now'), partition: 0, from: '4', to: '6' }),
    ]);
  });
});
