import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { createGate, describeInMemory, describePromise, failing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}

describePromise('4: a window never overlaps process or commit of its task', (bed) => {
  test('windows come again and again, and none while a record is processed', async () => {
    const input = await bed().createTopic<Step>('in');
    let processing = 0;
    let overlaps = 0;
    let windows = 0;
    let processed = 0;
    const definition = reading(
      input,
      () => ({
        async process() {
          processing += 1;
          await new Promise((resolve) => setImmediate(resolve));
          processing -= 1;
          processed += 1;
        },
        window: {
          everyMs: 10,
          async run() {
            overlaps += processing;
            await new Promise((resolve) => setImmediate(resolve));
            overlaps += processing;
            windows += 1;
          },
        },
      }),
      { order: { concurrentRecordsMax: 8, keyOrder: 'given-up' } },
    );
    await bed().append(
      input,
      Array.from({ length: 500 }, (_, n) => ({ value: { n } })),
    );
    await bed().startMember([definition]);
    await bed().eventually(
      () => ({ windows, processed }),
      (seen) => seen.windows >= 5 && seen.processed === 500,
      'records and windows',
    );
    expect(overlaps).toBe(0);
  });
});

describeInMemory('4: a window never overlaps process or commit of its task', () => {
  const input: Topic<Step> = { name: 'in' };
  const output: Topic<Step> = { name: 'out' };

  test('the injected clock drives it: each one everyMs after the end of the one before', async () => {
    const at: number[] = [];
    const run = createTestRun({
      definitions: [
        reading(input, () => ({
          process: () => undefined,
          window: { everyMs: 1_000, run: () => void at.push(run.clock.now()) },
        })),
      ],
    });
    const startedAt = run.clock.now();
    await run.startMember();
    await run.advance(3_500);
    expect(at.map((instant) => instant - startedAt)).toEqual([1_000, 2_000, 3_000]);
    await run.stop();
    await run.advance(5_000);
    expect(at).toHaveLength(3);
  });

  test('a window that is due waits for the record, and the next record waits for the window', async () => {
    const record = createGate();
    const window = createGate();
    const seen: string[] = [];
    const definition = reading(input, () => ({
      async process({ value }) {
        seen.push(`process ${value.n} begins`);
        if (value.n === 0) await record.passed;
        seen.push(`process ${value.n} ends`);
      },
      window: {
        everyMs: 100,
        async run() {
          seen.push('window begins');
          await window.passed;
          seen.push('window ends');
        },
      },
    }));
    const run = createTestRun({ definitions: [definition] });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    run.append({ topic: input, value: { n: 1 } });
    await run.advance(150);
    expect(seen).toEqual(['process 0 begins']);
    record.open();
    await run.settle();
    expect(seen).toEqual(['process 0 begins', 'process 0 ends', 'window begins']);
    window.open();
    await run.settle();
    expect(seen.slice(3, 6)).toEqual(['window ends', 'process 1 begins', 'process 1 ends']);
    await run.stop();
  });

  test('a task that is never idle gets its window too: one that is due holds new records back', async () => {
    const gates = Array.from({ length: 4 }, () => createGate());
    const seen: string[] = [];
    const definition = reading(
      input,
      () => ({
        async process({ value }) {
          seen.push(`begin ${value.n}`);
          await gates[value.n]?.passed;
        },
        window: { everyMs: 100, run: () => void seen.push('window') },
      }),
      { order: { concurrentRecordsMax: 2, keyOrder: 'given-up' } },
    );
    const run = createTestRun({ definitions: [definition] });
    await run.startMember();
    for (let n = 0; n < 4; n += 1) run.append({ topic: input, value: { n } });
    await run.advance(100);
    gates[0]?.open(); // record 1 still runs: without the hold, record 2 would begin now, and the window never
    await run.settle();
    expect(seen).toEqual(['begin 0', 'begin 1']);
    gates[1]?.open();
    await run.settle();
    expect(seen).toEqual(['begin 0', 'begin 1', 'window', 'begin 2', 'begin 3']);
    gates.forEach((gate) => gate.open());
    await run.stop();
  });

  test('a commit leaves a task out whose window runs, and takes it at the next tick', async () => {
    const window = createGate();
    const definition = reading(input, () => ({
      process: () => undefined,
      window: { everyMs: 500, run: () => window.passed },
    }));
    const run = createTestRun({ definitions: [definition], settings: { commitEveryMs: 1_000 } });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.advance(3_000);
    expect(run.committed(input)).toBeUndefined();
    window.open();
    await run.advance(1_000);
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });

  test('a window that is due waits for the commit of its task', async () => {
    const written = createGate();
    const seen: string[] = [];
    const definition = reading(input, () => ({
      process: () => undefined,
      window: { everyMs: 1_500, run: () => void seen.push('window') },
    }));
    const run = createTestRun({ definitions: [definition], settings: { commitEveryMs: 1_000 } });
    const member = await run.startMember();
    member.commit = async () => {
      seen.push('commit begins');
      await written.passed;
      seen.push('commit ends');
    };
    run.append({ topic: input, value: { n: 0 } });
    await run.advance(2_000);
    expect(seen).toEqual(['commit begins']);
    written.open();
    await run.settle();
    expect(seen).toEqual(['commit begins', 'commit ends', 'window']);
    await run.stop();
  });

  test('a record that is tried again while a window runs waits for its end', async () => {
    const window = createGate();
    const seen: string[] = [];
    const definition = reading(input, () => ({
      process() {
        seen.push('try');
        if (seen.length === 1) throw failing('retry', 'REDIS_DOWN');
      },
      window: {
        everyMs: 500,
        async run() {
          seen.push('window begins');
          await window.passed;
          seen.push('window ends');
        },
      },
    }));
    const run = createTestRun({ definitions: [definition], settings: { retryFirstMs: 2_000, retryMostMs: 2_000 } });
    await run.startMember();
    run.append({ topic: input, value: { n: 0 } });
    await run.advance(5_000);
    expect(seen).toEqual(['try', 'window begins']);
    window.open();
    await run.settle();
    expect(seen).toEqual(['try', 'window begins', 'window ends', 'try']);
    await run.stop();
  });

  test('what a window sends is acknowledged before it has ended', async () => {
    const definition = reading(input, () => ({
      process: () => undefined,
      window: { everyMs: 500, run: (collector) => collector.send(output, 'k', { n: 9 }) },
    }));
    const run = createTestRun({ definitions: [definition], settings: { commitEveryMs: 1_000 } });
    const member = await run.startMember();
    member.faults.produceDown = true;
    run.append({ topic: input, value: { n: 0 } });
    await run.advance(5_000);
    expect(run.committed(input)).toBeUndefined();
    member.faults.produceDown = false;
    await run.advance(6_000);
    expect((await run.sent())[0]?.value).toEqual({ n: 9 });
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });

  test('a window whose dependency is down runs again; one with a bug stops the process', async () => {
    let calls = 0;
    const definition = reading(input, () => ({
      process: () => undefined,
      window: {
        everyMs: 100,
        run() {
          calls += 1;
          if (calls === 1) throw failing('retry', 'REDIS_DOWN');
          if (calls === 3) throw new TypeError('a bug');
        },
      },
    }));
    const run = createTestRun({ definitions: [definition] });
    await run.startMember();
    await run.advance(250);
    expect(run.fatal).toEqual([]);
    await run.advance(250);
    expect(run.fatal.map(({ message }) => message)).toEqual(['a bug']);
    expect(calls).toBe(3);
    await run.stop();
  });
});
