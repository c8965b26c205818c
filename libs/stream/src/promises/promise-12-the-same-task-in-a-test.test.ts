import { expect, test } from '@jest/globals';
import type { StreamTask, Topic } from '../port.ts';
import { createGate, describeInMemory, describePromise, reading } from '../testing/test-bed.ts';
import { jsonSerde } from '../testing/real-kafka.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
}

describePromise('12: the same task class runs unchanged on every log', (bed) => {
  /** Sends the sum of each key so far: its outputs say what it was given, in which order, and what it remembered. */
  const createSummingTask = (output: Topic<Step>): StreamTask<Step> => {
    const sums = new Map<string, number>();
    return {
      process({ key, value }, collector) {
        if (key === null) return collector.drop('NO_KEY');
        const n = (sums.get(key) ?? 0) + value.n;
        sums.set(key, n);
        collector.send(output, key, { n });
      },
    };
  };
  const records = Array.from({ length: 60 }, (_, n) => ({ key: [null, 'ann', 'bob'][n % 3] ?? null, value: { n } }));

  test('what it sends is what a test has seen it send', async () => {
    const run = createTestRun({
      definitions: [reading({ name: 'in' }, () => createSummingTask({ name: 'out' }))],
      serde: jsonSerde,
    });
    await run.startMember();
    for (const { key, value } of records) run.append({ topic: { name: 'in' }, key, value });
    await run.advance(5_000);
    const inTest = (await run.sent()).map(({ key, value }) => [key, value]);
    await run.stop();

    const input = await bed().createTopic<Step>('in');
    const output = await bed().createTopic<Step>('out');
    await bed().append(
      input,
      records.map(({ key, value }) => (key === null ? { value } : { key, value })),
    );
    await bed().startMember([reading(input, () => createSummingTask(output))]);
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 60n,
      'the end',
    );
    const sent = (await bed().read(output)).map(({ key, value }) => [
      key?.toString(),
      JSON.parse(value?.toString() ?? '') as Step,
    ]);
    expect(inTest).toHaveLength(40);
    expect(sent).toEqual(inTest);
  });
});

describeInMemory('12: the same task runs on a log in memory, with faults on demand', () => {
  const input: Topic<Step> = { name: 'in' };
  const output: Topic<Step> = { name: 'out' };
  const doubling = (): StreamTask<Step> => ({
    process: ({ key, value }, collector) => collector.send(output, key ?? '', { n: value.n * 2 }),
  });

  test('redelivery: a group set back reads again what it had done', async () => {
    const run = createTestRun({ definitions: [reading(input, doubling)] });
    const member = await run.startMember();
    for (let n = 0; n < 3; n += 1) run.append({ topic: input, key: 'k', value: { n } });
    await run.settle();
    await member.stop();
    run.log.commit(run.groupId, { topic: 'in', partition: 0 }, 1n);
    await run.startMember();
    await run.settle();
    expect((await run.sent()).map(({ value }) => value)).toEqual([{ n: 0 }, { n: 2 }, { n: 4 }, { n: 2 }, { n: 4 }]);
    await run.stop();
  });

  test('revoke in the middle of a record: the record ends here first, the next one begins at the other member', async () => {
    const gate = createGate();
    const seen: string[] = [];
    const definitionOf = (name: string) =>
      reading(input, () => ({
        async process({ value }) {
          seen.push(`${name} begins ${value.n}`);
          if (value.n === 0) await gate.passed;
          seen.push(`${name} ends ${value.n}`);
        },
      }));
    const run = createTestRun({ definitions: [] });
    await run.startMember({ definitions: [definitionOf('first')] });
    await run.startMember({ definitions: [definitionOf('second')] });
    run.append({ topic: input, value: { n: 0 } });
    run.append({ topic: input, value: { n: 1 } });
    await run.settle();
    const moved = run.log.rebalance(run.groupId);
    await run.settle();
    expect(seen).toEqual(['first begins 0']);
    gate.open();
    await moved;
    await run.settle();
    expect(seen).toEqual(['first begins 0', 'first ends 0', 'second begins 1', 'second ends 1']);
    await run.stop();
  });

  test('a hung log: produces that are never answered hold the offset, and a restart sends them again', async () => {
    const run = createTestRun({ definitions: [reading(input, doubling)] });
    const first = await run.startMember();
    first.faults.produceHangs = true;
    run.append({ topic: input, key: 'k', value: { n: 21 } });
    await run.advance(60_000);
    expect(run.committed(input) ?? 0n).toBe(0n);
    await first.crash();
    await run.startMember();
    await run.advance(5_000);
    expect((await run.sent()).map(({ value }) => value)).toEqual([{ n: 42 }]);
    await run.stop();
  });

  test('the trace of an input is carried to its outputs', async () => {
    const run = createTestRun({ definitions: [reading(input, doubling)] });
    await run.startMember();
    run.append({
      topic: input,
      value: { n: 1 },
      headers: { traceparent: '00-1-2-01', tracestate: 'a=b', other: 'stays' },
    });
    await run.settle();
    expect((await run.sent()).map(({ headers }) => headers)).toEqual([{ traceparent: '00-1-2-01', tracestate: 'a=b' }]);
    await run.stop();
  });
});
