import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { createGate, describeInMemory, describePromise, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}

describePromise('5: a stop takes no more, finishes what runs, commits and leaves the group', (bed) => {
  test('the running record is finished and committed, the next one is not begun, and the task is closed', async () => {
    const input = await bed().createTopic<Step>('in');
    const gate = createGate();
    const seen: string[] = [];
    const definition = reading(input, () => ({
      async process({ value }) {
        seen.push(`begin ${value.n}`);
        await gate.passed;
        seen.push(`end ${value.n}`);
      },
      close: () => void seen.push('close'),
    }));
    await bed().append(input, [{ value: { n: 0 } }, { value: { n: 1 } }]);
    const member = await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count === 1,
      'the first record',
    );
    const stopped = member.stop();
    expect(member.isReady()).toBe(false);
    gate.open();
    await stopped;
    expect(seen).toEqual(['begin 0', 'end 0', 'close']);
    expect(await bed().committed(input)).toEqual([1n]);
    expect(member.state().phase).toBe('stopped');
  });

  test('another process takes over exactly where a stopped one left off', async () => {
    const input = await bed().createTopic<Step>('in', 2);
    const seen: number[] = [];
    const definition = reading(input, () => processing(({ value }) => void seen.push(value.n)));
    await bed().append(
      input,
      Array.from({ length: 40 }, (_, n) => ({ partition: n % 2, value: { n } })),
    );
    const first = await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count === 40,
      'the first half',
    );
    await first.stop();
    await bed().append(
      input,
      Array.from({ length: 40 }, (_, n) => ({ partition: n % 2, value: { n: n + 40 } })),
    );
    await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count >= 80,
      'the second half',
    );
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, n) => n));
  });

  test('a member that joins takes partitions over without one record being lost or done twice', async () => {
    const input = await bed().createTopic<Step>('in', 4);
    const seen: number[] = [];
    const definition = reading(input, () => ({
      async process({ value }) {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(value.n);
      },
    }));
    await bed().append(
      input,
      Array.from({ length: 400 }, (_, n) => ({ partition: n % 4, value: { n } })),
    );
    await bed().startMember([definition]);
    await bed().eventually(
      () => seen.length,
      (count) => count > 0,
      'a beginning',
    );
    await bed().startMember([definition]);
    await bed().append(
      input,
      Array.from({ length: 400 }, (_, n) => ({ partition: n % 4, value: { n: n + 400 } })),
    );
    await bed().eventually(
      () => seen.length,
      (count) => count >= 800,
      'all records',
    );
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 800 }, (_, n) => n));
  });
});

describeInMemory('5: a stop takes no more, finishes what runs, commits and leaves the group', () => {
  const input: Topic<Step> = { name: 'in' };

  test('a record that outlasts drainMs is given up: uncommitted, and the stop still ends', async () => {
    const never = createGate();
    const run = createTestRun({
      definitions: [reading(input, () => processing(() => never.passed))],
      settings: { drainMs: 5_000 },
    });
    const member = await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    let stopped = false;
    void member.stop().then(() => (stopped = true));
    await run.advance(4_999);
    expect(stopped).toBe(false);
    await run.advance(3_000);
    expect(stopped).toBe(true);
    expect(run.committed(input) ?? 0n).toBe(0n);
  });

  test('what is fetched during the drain before a rebalance is not begun: the next owner begins it', async () => {
    const gate = createGate();
    const seen: string[] = [];
    const definitionOf = (name: string) =>
      reading(input, () =>
        processing<Step>(async ({ value }) => {
          seen.push(`${name} begins ${value.n}`);
          if (value.n === 0) await gate.passed;
        }),
      );
    const run = createTestRun({ definitions: [] });
    await run.startMember({ definitions: [definitionOf('first')] });
    await run.startMember({ definitions: [definitionOf('second')] });
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    const moved = run.log.rebalance(run.groupId);
    await run.settle();
    run.append({ topic: input, value: { n: 1 } });
    await run.settle();
    gate.open();
    await moved;
    await run.settle();
    expect(seen).toEqual(['first begins 0', 'second begins 1']);
    await run.stop();
  });

  test('a record that waits for its dependency does not hold a revoke up', async () => {
    const down = Object.assign(new Error('down'), { code: 'REDIS_DOWN', fate: 'retry' });
    const definition = reading(input, () =>
      processing(() => {
        throw down;
      }),
    );
    const run = createTestRun({ definitions: [definition] });
    const member = await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    expect(member.state().waitingFor).toEqual(['REDIS_DOWN']);
    let stopped = false;
    void member.stop().then(() => (stopped = true));
    await run.settle();
    expect(stopped).toBe(true);
  });

  test('a partition that was paused goes on after a rebalance that leaves it here', async () => {
    const seen: number[] = [];
    let isDown = true;
    const definition = reading(input, () =>
      processing(({ value }) => {
        if (isDown) throw Object.assign(new Error('down'), { code: 'REDIS_DOWN', fate: 'retry' });
        seen.push(value.n);
      }),
    );
    const run = createTestRun({ definitions: [definition] });
    const member = await run.startMember();
    for (const n of [0, 1]) run.append({ topic: input, value: { n } });
    await run.settle();
    expect(member.state().partitions).toMatchObject([{ paused: true }]);
    isDown = false;
    await run.log.rebalance(run.groupId);
    await run.advance(10_000);
    expect([seen, run.committed(input)]).toEqual([[0, 1], 2n]);
    await run.stop();
  });

  test('a partition that comes back gets its new task only after the old one has ended', async () => {
    const slow = createGate();
    const seen: string[] = [];
    let created = 0;
    const definition = reading(input, () => {
      const name = `task ${(created += 1)}`;
      return {
        init: () => void seen.push(`${name} init`),
        async process() {
          seen.push(`${name} process`);
          if (name === 'task 1') await slow.passed;
        },
        close: () => void seen.push(`${name} close`),
      };
    });
    const run = createTestRun({ definitions: [], settings: { drainMs: 100, finalCommitMs: 100 } });
    await run.startMember({ definitions: [definition] });
    await run.startMember({
      definitions: [reading(input, () => processing(() => new Promise<void>(() => undefined)))],
    });
    run.append({ topic: input, value: { n: 0 } });
    await run.settle();
    for (let turn = 0; turn < 2; turn += 1) {
      const moved = run.log.rebalance(run.groupId);
      await run.advance(1_000);
      await moved;
    }
    await run.settle();
    expect(seen).toEqual(['task 1 init', 'task 1 process']);
    slow.open();
    await run.advance(1_000);
    expect(seen).toEqual(['task 1 init', 'task 1 process', 'task 1 close', 'task 2 init', 'task 2 process']);
    await run.stop();
  });

  test('a task that stays through a rebalance keeps its state; one that leaves is closed after its last record', async () => {
    const seen: string[] = [];
    const wide: Topic<Step> = { name: 'wide' };
    const definition = reading(wide, ({ partition }) => {
      let count = 0;
      seen.push(`create ${partition}`);
      return {
        process: () => void seen.push(`record ${partition}: ${(count += 1)}`),
        close: () => void seen.push(`close ${partition}`),
      };
    });
    const run = createTestRun({ definitions: [definition], partitions: { wide: 2 } });
    await run.startMember();
    run.append({ topic: wide, partition: 0, value: { n: 0 } });
    run.append({ topic: wide, partition: 1, value: { n: 0 } });
    await run.settle();
    await run.startMember({ definitions: [reading(wide, () => processing(() => undefined))] });
    await run.settle();
    run.append({ topic: wide, partition: 0, value: { n: 1 } });
    await run.settle();
    expect(seen).toEqual(['create 0', 'create 1', 'record 0: 1', 'record 1: 1', 'close 1', 'record 0: 2']);
    await run.stop();
  });
});
