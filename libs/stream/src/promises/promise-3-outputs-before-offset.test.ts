import { expect, test } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { createGate, describeInMemory, describePromise, failing, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';
import { createValueSerde } from '../testing/value-serde.ts';
import type { Serde, StreamTask, Topic } from '../port.ts';

interface Step {
  n: number;
}

describePromise('3: outputs are acknowledged, then the offset is committed', (bed) => {
  test('when an offset is committed, the outputs below it can be read', async () => {
    const input = await bed().createTopic<Step>('in');
    const output = await bed().createTopic<Step>('out');
    await bed().append(
      input,
      Array.from({ length: 60 }, (_, n) => ({ value: { n } })),
    );
    await bed().startMember([
      reading(input, () => processing(({ value }, collector) => collector.send(output, 'k', value))),
    ]);
    const [offset] = await bed().eventually(
      () => bed().committed(input),
      ([next]) => (next ?? -1n) > 0n,
      'a commit',
    );
    const sent = (await bed().read(output)).map(({ value }) => (JSON.parse(value?.toString() ?? '') as Step).n);
    expect(sent.slice(0, Number(offset))).toEqual(Array.from({ length: Number(offset) }, (_, n) => n));
  });
});

describePromise('3: where a group begins is committed before it begins', (bed) => {
  test('from the latest record: a crash loses nothing that was begun', async () => {
    const input = await bed().createTopic<Step>('in');
    await bed().append(input, [{ value: { n: 0 } }, { value: { n: 1 } }]);
    const committedAtBegin: bigint[][] = [];
    const task = processing<Step>(async () => void committedAtBegin.push(await bed().committed(input)));
    await bed().startMember([reading(input, () => task, { startFrom: 'latest' })], { commitEveryMs: 5_000 });
    await bed().eventually(
      () => bed().committed(input),
      ([next]) => next === 2n,
      'the start',
    );
    await bed().append(input, [{ value: { n: 2 } }]);
    await bed().eventually(
      () => committedAtBegin.length,
      (count) => count > 0,
      'the record',
    );
    expect(committedAtBegin).toEqual([[2n]]);
  });
});

describeInMemory('3: outputs are acknowledged, then the offset is committed', () => {
  const input: Topic<Step> = { name: 'in' };
  const output: Topic<Step> = { name: 'out' };
  const forward = reading(input, () => processing(({ value }, collector) => collector.send(output, 'k', value)));

  test('nothing is committed past a record whose output is not acknowledged, and nothing is lost when the log is back', async () => {
    const run = createTestRun({ definitions: [forward] });
    const member = await run.startMember();
    member.faults.produceDown = true;
    for (let n = 0; n < 3; n += 1) run.append({ topic: input, value: { n } });
    await run.advance(10_000);
    expect(run.committed(input) ?? 0n).toBe(0n);
    expect(member.state().waitingFor).toEqual(['kafka']);
    member.faults.produceDown = false;
    await run.advance(10_000);
    expect((await run.sent()).map(({ value }) => value)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(run.committed(input)).toBe(3n);
    expect(run.parked()).toEqual([]);
    await run.stop();
  });

  test('a crash between the outputs and the commit sends them again, and loses none', async () => {
    const run = createTestRun({ definitions: [forward] });
    const first = await run.startMember();
    run.append({ topic: input, value: { n: 7 } });
    await run.settle();
    expect((await run.sent()).map(({ value }) => value)).toEqual([{ n: 7 }]);
    await first.crash();
    expect(run.committed(input)).toBeUndefined();
    await run.startMember();
    await run.advance(5_000);
    expect((await run.sent()).map(({ value }) => value)).toEqual([{ n: 7 }, { n: 7 }]);
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });

  test('a watermark that moves is committed within commitEveryMs, and a refused commit is tried again', async () => {
    const clock = new ManualClock();
    const run = createTestRun({ definitions: [forward], clock, settings: { commitEveryMs: 5_000 } });
    const member = await run.startMember();
    run.append({ topic: input, value: { n: 1 } });
    await run.advance(4_999);
    expect(run.committed(input)).toBeUndefined();
    member.faults.commitDown = true;
    await run.advance(1);
    expect(run.committed(input)).toBeUndefined();
    member.faults.commitDown = false;
    await run.advance(5_000);
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });

  test('an output that is acknowledged after its partition was lost counts for nothing in the next assignment', async () => {
    const slow = createGate();
    const begun: bigint[] = [];
    const definition = reading(input, () =>
      processing(async ({ offset, value }, collector) => {
        begun.push(offset);
        if (begun.length === 1) await slow.passed;
        collector.send(output, 'k', value);
      }),
    );
    const settings = { drainMs: 100, finalCommitMs: 100, unacknowledgedRecordsMax: 1 };
    const run = createTestRun({ definitions: [definition], settings });
    await run.startMember();
    for (const n of [0, 1]) run.append({ topic: input, value: { n } });
    await run.settle();
    const rebalanced = run.log.rebalance(run.groupId);
    await run.advance(1_000);
    await rebalanced;
    slow.open();
    await run.advance(10_000);
    expect(begun).toEqual([0n, 0n, 1n]);
    expect(run.committed(input)).toBe(2n);
    await run.stop();
  });

  test('a record of a lost assignment is neither tried again nor sends anything: it comes again', async () => {
    const slow = createGate();
    let isDown = true;
    let calls = 0;
    const definition = reading(input, () =>
      processing(async (_record, collector) => {
        const call = (calls += 1);
        if (call === 1) await slow.passed;
        if (isDown) throw failing('retry', 'REDIS_DOWN');
        collector.send(output, 'k', { n: call });
      }),
    );
    const run = createTestRun({ definitions: [definition], settings: { drainMs: 100, finalCommitMs: 100 } });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    const rebalanced = run.log.rebalance(run.groupId);
    await run.advance(1_000);
    await rebalanced;
    slow.open();
    await run.settle();
    isDown = false;
    await run.advance(20_000);
    expect(calls).toBe(3); // the first under the lost lease; then the redelivery, which failed once
    expect((await run.sent()).map(({ value }) => value)).toEqual([{ n: 3 }]);
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });

  test.each(['decode', 'process', 'beforePark'] as const)(
    'a record whose %s outlasted its assignment goes no further, and is paid and parked once',
    async (slowStep) => {
      const slow = createGate();
      const calls = { decode: 0, process: 0, beforePark: 0 };
      const step = (name: keyof typeof calls): Promise<void> | undefined =>
        (calls[name] += 1) === 1 && name === slowStep ? slow.passed : undefined;
      const values = createValueSerde();
      const decode: Serde['decode'] = async (topic, bytes) => (await step('decode'), values.decode(topic, bytes));
      const parking = processing<Step>(async () => {
        await step('process');
        throw failing('park', 'BAD_STEP');
      });
      const definition = reading(input, () => parking, { beforePark: () => step('beforePark') });
      const settings = { drainMs: 100, finalCommitMs: 100 };
      const run = createTestRun({ definitions: [definition], serde: { ...values, decode }, settings });
      await run.startMember();
      run.append({ topic: input, value: { n: 0 } });
      await run.settle();
      const rebalanced = run.log.rebalance(run.groupId);
      await run.advance(1_000);
      await rebalanced;
      slow.open();
      await run.advance(10_000);
      const repeated = { decode: [2, 1, 1], process: [2, 2, 1], beforePark: [2, 2, 2] }[slowStep];
      expect([Object.values(calls), run.parked().length]).toEqual([repeated, 1]);
      await run.stop();
    },
  );

  test('a record that ends after its partition was lost sends nothing: its redelivery does', async () => {
    const slow = createGate();
    let calls = 0;
    const task = processing<Step>(async (_record, collector) => {
      const call = (calls += 1);
      if (call === 1) await slow.passed;
      collector.send(output, 'k', { n: call });
    });
    const run = createTestRun({
      definitions: [reading(input, () => task)],
      settings: { drainMs: 100, finalCommitMs: 100 },
    });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    const rebalanced = run.log.rebalance(run.groupId);
    await run.advance(1_000);
    await rebalanced;
    slow.open();
    await run.advance(10_000);
    expect((await run.sent(output)).map(({ value }) => value)).toEqual([{ n: 2 }]);
    await run.stop();
  });

  test('a record with several outputs is committed when the last of them is acknowledged', async () => {
    const other: Topic<Step> = { name: 'other' };
    const both = processing<Step>(({ value }, collector) => {
      collector.send(output, 'k', value);
      collector.send(other, 'k', value);
    });
    const run = createTestRun({ definitions: [reading(input, () => both)] });
    await run.startMember();
    const produce = run.log.produce.bind(run.log);
    let isDown = true;
    run.log.produce = (record, now) => {
      if (isDown && record.topic === other.name) throw failing('retry', 'NO_LEADER');
      return produce(record, now);
    };
    run.append({ topic: input, value: { n: 5 } });
    await run.advance(10_000);
    expect([(await run.sent(output)).length, run.committed(input)]).toEqual([1, 0n]);
    isDown = false;
    await run.advance(10_000);
    expect([(await run.sent(other)).length, run.committed(input)]).toEqual([1, 1n]);
    await run.stop();
  });

  test.each(['an output', 'a dead letter', "a window's output"] as const)(
    '%s that waits for the log when its partition is lost is not sent any more: its next owner sends its own',
    async (what) => {
      let calls = 0;
      const sendNext: StreamTask<Step>['process'] = (_record, collector) =>
        collector.send(output, 'k', { n: (calls += 1) });
      const park: StreamTask<Step>['process'] = () => {
        calls += 1;
        throw failing('park', `CALL_${calls}`);
      };
      const tasks: Record<typeof what, StreamTask<Step>> = {
        'an output': { process: sendNext },
        'a dead letter': { process: park },
        "a window's output": {
          process: () => undefined,
          // once for each assignment
          window: { everyMs: 3_000, run: (collector) => collector.send(output, 'k', { n: (calls += 1) }) },
        },
      };
      const settings = { drainMs: 100, finalCommitMs: 100 };
      const run = createTestRun({ definitions: [reading(input, () => tasks[what])], settings });
      const member = await run.startMember();
      member.faults.produceDown = true;
      run.append({ topic: input, value: { n: 0 } });
      await run.advance(3_000);
      const rebalanced = run.log.rebalance(run.groupId);
      await run.advance(1_000);
      await rebalanced;
      member.faults.produceDown = false;
      await run.advance(5_900);
      expect(calls).toBeGreaterThan(1);
      const sent = (await run.sent(output)).map(({ value }) => `sent ${(value as Step).n}`);
      expect([...sent, ...run.parked().map(({ code }) => code)][0]).toBe(
        what === 'a dead letter' ? 'CALL_2' : 'sent 2',
      );
      await run.stop();
    },
  );

  test('what ended under a lost lease is counted by its redelivery alone: its drops, and its place among the parked', async () => {
    const slow = [createGate(), createGate()];
    let calls = 0;
    const task = processing<Step>(async ({ value }, collector) => {
      calls += 1;
      if (value.n === 0 && calls === 1) await slow[0]?.passed;
      if (value.n === 1) throw failing('park', 'BAD_STEP');
      collector.drop('OFF_THE_MAP');
    });
    let parks = 0;
    const beforePark = (): Promise<void> | undefined => ((parks += 1) === 1 ? slow[1]?.passed : undefined);
    const settings = { drainMs: 100, finalCommitMs: 100, parkedPerMinuteMax: 1 };
    const run = createTestRun({ definitions: [reading(input, () => task, { beforePark })], settings });
    await run.startMember();
    for (const n of [0, 1]) {
      run.append({ topic: input, value: { n } });
      await run.settle();
      const rebalanced = run.log.rebalance(run.groupId);
      await run.advance(1_000);
      await rebalanced;
      slow[n]?.open();
      await run.advance(3_000);
    }
    expect([run.dropped(), parks, run.parked().length, run.fatal]).toEqual([['OFF_THE_MAP'], 2, 1, []]);
    await run.stop();
  });

  test('a dependency that a lost record would have waited for holds nothing up in the next assignment', async () => {
    const slow = createGate();
    let hooks = 0;
    const parking = processing<Step>(() => {
      throw failing('park', 'BAD_STEP');
    });
    const beforePark = async (): Promise<void> => {
      if ((hooks += 1) > 1) return;
      await slow.passed;
      throw failing('retry', 'HOOK_DOWN');
    };
    const settings = { drainMs: 100, finalCommitMs: 100 };
    const run = createTestRun({ definitions: [reading(input, () => parking, { beforePark })], settings });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    const rebalanced = run.log.rebalance(run.groupId);
    await run.advance(1_000);
    await rebalanced;
    slow.open();
    await run.settle();
    expect([hooks, run.parked().length]).toEqual([2, 1]);
    await run.stop();
  });

  test('nothing is committed between the loss of a partition and the next assignment', async () => {
    const busy = createGate();
    const run = createTestRun({ definitions: [], partitions: { in: 2 } });
    const first = await run.startMember({ definitions: [forward] });
    await run.startMember({ definitions: [reading(input, () => processing(() => busy.passed))] });
    run.append({ topic: input, partition: 0, value: { n: 0 } });
    run.append({ topic: input, partition: 1, value: { n: 1 } });
    await run.settle();
    first.faults.commitDown = true;
    const rebalanced = run.log.rebalance(run.groupId);
    await run.settle();
    first.faults.commitDown = false; // this member has drained and waits for the other, while its commit timer goes on
    await run.advance(5_000);
    expect([first.staleCommits, run.committed(input, 0)]).toEqual([[], undefined]);
    busy.open();
    await rebalanced;
    await run.stop();
  });

  test('a commit from outside an assignment is refused by the log in memory', async () => {
    const run = createTestRun({ definitions: [forward] });
    const member = await run.startMember();
    const stale = { topic: input.name, partition: 3, nextOffset: 9n };
    await expect(member.commit([stale])).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
    expect([member.staleCommits, run.committed(input, 3)]).toEqual([[stale], undefined]);
    await run.stop();
  });

  test('records that run at once are not joined by their own redelivery', async () => {
    const slow = createGate();
    let running = 0;
    let mostAtOnce = 0;
    const task = processing<Step>(async () => {
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      await slow.passed;
      running -= 1;
    });
    const definition = reading(input, () => task, { order: { concurrentRecordsMax: 4, keyOrder: 'given-up' } });
    const run = createTestRun({ definitions: [definition], settings: { drainMs: 100, finalCommitMs: 100 } });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    const rebalanced = run.log.rebalance(run.groupId);
    await run.advance(1_000);
    await rebalanced;
    await run.advance(5_000);
    slow.open();
    await run.advance(5_000);
    expect(mostAtOnce).toBe(1);
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });

  test('what ends after its partition was lost commits nothing, though the same process owns the partition again', async () => {
    const slow = createGate();
    const seen: string[] = [];
    const definition = reading(input, () => ({
      async process({ value, offset }) {
        seen.push(`begin ${offset}`);
        if (value.n === 0 && seen.length === 1) await slow.passed;
        seen.push(`end ${offset}`);
      },
    }));
    const run = createTestRun({ definitions: [definition], settings: { drainMs: 100, finalCommitMs: 100 } });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    const rebalanced = run.log.rebalance(run.groupId);
    await run.advance(1_000);
    await rebalanced;
    await run.advance(10_000);
    expect(run.committed(input) ?? 0n).toBe(0n);
    expect(seen).toEqual(['begin 0']); // the redelivery waits for the end of the first one: still one at a time
    slow.open();
    await run.advance(10_000);
    expect(seen).toEqual(['begin 0', 'end 0', 'begin 0', 'end 0']);
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });
});
