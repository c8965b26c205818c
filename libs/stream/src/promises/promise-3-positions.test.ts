import { expect, test } from '@jest/globals';
import type { StreamApp, TaskDefinition, Topic } from '../port.ts';
import {
  createGate,
  describeInMemory,
  describePromise,
  processing,
  reading,
  type Gate,
  type TestBed,
} from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  readonly n: number;
}

const steps = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ value: { n: from + index } }));

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

const at = (topic: Topic<unknown>) => ({ topic: topic.name, partition: 0 });

const unordered = { order: { concurrentRecordsMax: 4, keyOrder: 'given-up' } } as const;

/** A member that notes what it processes, and holds records that it is told to hold. */
async function runMember(bed: TestBed, input: Topic<Step>, more: Partial<TaskDefinition<Step>> = {}) {
  const seen: number[] = [];
  const gates = new Map<number, Gate>();
  const task = processing<Step>(async ({ value }) => {
    seen.push(value.n);
    await gates.get(value.n)?.passed;
  });
  const app = await bed.startMember([reading(input, () => task, more)], { commitEveryMs: 100 });
  const until = (length: number) =>
    bed.eventually(
      () => seen.length,
      (count) => count >= length,
      `${length} records`,
    );
  return { seen, gates, app, until };
}

const untilApplied = (bed: TestBed, app: StreamApp, offset: bigint): Promise<unknown> =>
  bed.eventually(
    () => app.positions()[0]?.appliedOffset,
    (applied) => applied === offset,
    `all below ${offset}`,
  );

const untilCommitted = (bed: TestBed, input: Topic<unknown>, offset: bigint): Promise<unknown> =>
  bed.eventually(
    () => bed.committed(input),
    ([committed]) => committed === offset,
    `the commit of ${offset}`,
  );

describePromise('3: what a partition says of itself', (bed) => {
  test('before its first record it stands where it begins; then at the contiguous watermark', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 3));
    const first = await runMember(bed(), input);
    await untilApplied(bed(), first.app, 3n);
    await first.app.stop();
    expect(first.app.positions()).toEqual([]);
    const { app, gates, until } = await runMember(bed(), input, unordered);
    await untilApplied(bed(), app, 3n);
    const gate = createGate();
    gates.set(4, gate);
    await bed().append(input, steps(3, 7));
    await until(4);
    await untilApplied(bed(), app, 4n);
    gate.open();
    await untilApplied(bed(), app, 7n);
    await app.stop();
  });

  test('what the log has is as of now, also of a partition that is behind', async () => {
    const input = await bed().createTopic<Step>('in');
    const { app, gates, until } = await runMember(bed(), input);
    const gate = createGate();
    gates.set(0, gate);
    await bed().append(input, steps(0, 1));
    await until(1);
    await bed().append(input, steps(1, 9));
    await bed().deleteBefore(input, 0, 1n);
    expect(await app.rangesOf([at(input)])).toEqual([{ earliest: 1n, end: 9n }]);
    gate.open();
    await app.stop();
  });
});

describePromise('3: a partition that is sent back', (bed) => {
  test('processes its records again from there, and its commit goes back with it', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 10));
    const { app, seen, gates, until } = await runMember(bed(), input);
    await until(10);
    await untilCommitted(bed(), input, 10n);
    const gate = createGate();
    gates.set(5, gate);
    await app.rewind(at(input), 4n);
    expect(app.positions()[0]?.appliedOffset).toBe(4n);
    await untilCommitted(bed(), input, 5n);
    gate.open();
    await untilCommitted(bed(), input, 10n);
    expect(seen).toEqual([...numbers(0, 10), ...numbers(4, 10)]);
    await app.stop();
  });

  test('in the middle of what is fetched, queued and running leaves nothing out', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 400));
    const { app, seen, gates, until } = await runMember(bed(), input);
    const gate = createGate();
    gates.set(150, gate);
    await until(151);
    const rewound = app.rewind(at(input), 20n);
    await rewound;
    gate.open();
    await until(151 + 380);
    expect(seen).toEqual([...numbers(0, 151), ...numbers(20, 400)]);
    await untilCommitted(bed(), input, 400n);
    await app.stop();
  });

  test('begins nothing again beside what was begun, and what was begun moves no watermark', async () => {
    const input = await bed().createTopic<Step>('in');
    const { app, seen, gates, until } = await runMember(bed(), input, unordered);
    await bed().append(input, steps(0, 4));
    await untilApplied(bed(), app, 4n);
    const gate = createGate();
    gates.set(6, gate);
    await bed().append(input, steps(4, 7));
    await until(7);
    await untilApplied(bed(), app, 6n);
    await app.rewind(at(input), 2n);
    await bed().append(input, steps(7, 8));
    await untilCommitted(bed(), input, 2n);
    expect([seen.slice(7), app.positions()[0]?.appliedOffset]).toEqual([[], 2n]);
    gate.open();
    await untilCommitted(bed(), input, 8n);
    expect(seen.slice(7).toSorted((a, b) => a - b)).toEqual(numbers(2, 8));
    await app.stop();
  });

  test('to an offset that the log no longer has is told so, and goes on where it was', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 9));
    const { app, seen, until } = await runMember(bed(), input);
    await untilApplied(bed(), app, 9n);
    await bed().deleteBefore(input, 0, 5n);
    await expect(app.rewind(at(input), 4n)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', fate: 'park' });
    await bed().append(input, steps(9, 10));
    await until(10);
    await untilCommitted(bed(), input, 10n);
    expect(seen).toEqual(numbers(0, 10));
    await app.rewind(at(input), 5n);
    await until(15);
    expect(seen.slice(10)).toEqual(numbers(5, 10));
    await app.stop();
  });

  test('never goes forward, and is never somebody else’s', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 2));
    const { app } = await runMember(bed(), input);
    await untilApplied(bed(), app, 2n);
    await expect(app.rewind(at(input), 3n)).rejects.toMatchObject({ code: 'REWIND_REFUSED', fate: 'crash' });
    const other = { topic: input.name, partition: 7 };
    await expect(app.rewind(other, 0n)).rejects.toMatchObject({ code: 'PARTITION_LOST', fate: 'retry' });
    await app.stop();
    await expect(app.rewind(at(input), 0n)).rejects.toMatchObject({ code: 'PARTITION_LOST' });
  });
});

describePromise('3: a definition that says how far may be committed', (bed) => {
  test('holds the commit back there, lets it go on without a record, and takes it back', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, steps(0, 10));
    let most: bigint | null = 3n;
    const { app, seen, until } = await runMember(bed(), input, { commitAtMost: () => most });
    await until(10);
    await untilCommitted(bed(), input, 3n);
    expect(app.positions()[0]?.appliedOffset).toBe(10n);
    most = 8n;
    await untilCommitted(bed(), input, 8n);
    most = 6n;
    await untilCommitted(bed(), input, 6n);
    await app.stop();
    expect(await bed().committed(input)).toEqual([6n]);
    const second = await runMember(bed(), input, { commitAtMost: () => null });
    await second.until(4);
    await second.app.stop();
    expect([seen, second.seen, await bed().committed(input)]).toEqual([numbers(0, 10), numbers(6, 10), [10n]]);
  });
});

describeInMemory('3: positions', () => {
  const input: Topic<Step> = { name: 'in' };
  const stores = [{ name: 'counts', values: { name: 'values' } }];
  const doNothing = () => processing<Step>(() => undefined);

  test('are the state’s alone where there is one: it stands for the committed offset and no other', async () => {
    const run = createTestRun({ definitions: [reading(input, doNothing, { stores })] });
    const member = await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.advance(5_000);
    await expect(member.rewind(at(input), 0n)).rejects.toMatchObject({ code: 'REWIND_REFUSED' });
    await run.stop();
    for (const hook of [{ startAt: () => 0n }, { commitAtMost: () => 0n }])
      await expect(
        createTestRun({ definitions: [reading(input, doNothing, { stores, ...hook })] }).startMember(),
      ).rejects.toMatchObject({ code: 'BAD_SETTING' });
  });

  test('are nobody’s while the group may have given the partitions away', async () => {
    const run = createTestRun({ definitions: [reading(input, doNothing)] });
    const member = await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.advance(1_000);
    expect(member.positions()).toEqual([{ ...at(input), assignment: expect.any(Number), appliedOffset: 1n }]);
    member.faults.membershipUnsure = true;
    expect(member.positions()).toEqual([]);
    await run.stop();
  });

  test('differ in their assignment after a rebalance that leaves the partition here', async () => {
    const run = createTestRun({ definitions: [reading(input, doNothing)] });
    const member = await run.startMember();
    const before = member.positions()[0]?.assignment;
    await run.log.rebalance(run.groupId);
    expect(member.positions()[0]?.assignment).not.toBe(before);
    await run.stop();
  });

  test('a partition that drains is not sent back: what it has done is being committed', async () => {
    const gate = createGate();
    const run = createTestRun({ definitions: [reading(input, () => processing<Step>(() => gate.passed))] });
    const member = await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    const stopped = member.stop();
    await expect(member.rewind(at(input), 0n)).rejects.toMatchObject({ code: 'PARTITION_LOST' });
    gate.open();
    await stopped;
    expect(run.committed(input)).toBe(1n);
  });

  test('a rewind that was asked for before a rebalance does nothing after it', async () => {
    const run = createTestRun({ definitions: [reading(input, doNothing)] });
    const member = await run.startMember();
    for (let n = 0; n < 4; n += 1) run.append({ topic: input, value: { n } });
    await run.advance(5_000);
    const gate = createGate();
    member.faults.lookUpHeld = gate.passed;
    const rewound = member.rewind(at(input), 0n);
    const refused = expect(rewound).rejects.toMatchObject({ code: 'PARTITION_LOST' });
    await run.log.rebalance(run.groupId);
    gate.open();
    await refused;
    expect(member.positions()[0]?.appliedOffset).toBe(4n);
    await run.stop();
  });
});
