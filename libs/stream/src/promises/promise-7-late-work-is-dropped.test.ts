import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import { describeInMemory, describePromise, failing, processing, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Step {
  n: number;
  deadlineAt: number;
}

describePromise('7: a record past its deadline is dropped', (bed) => {
  test('late records are not processed, and the offset passes them', async () => {
    const input = await bed().createTopic<Step>('in');
    const seen: number[] = [];
    const definition = reading(input, () => processing(({ value }) => void seen.push(value.n)), {
      deadlineOf: ({ deadlineAt }) => deadlineAt,
    });
    await bed().append(input, [
      { value: { n: 0, deadlineAt: 1 } },
      { value: { n: 1, deadlineAt: 9e15 } },
      { value: { n: 2, deadlineAt: 2 } },
    ]);
    await bed().startMember([definition]);
    await bed().eventually(
      () => bed().committed(input),
      ([offset]) => offset === 3n,
      'the end',
    );
    expect(seen).toEqual([1]);
  });
});

describeInMemory('7: a record past its deadline is dropped', () => {
  const input: Topic<Step> = { name: 'in' };

  test('it is done at its deadline, and late a millisecond after; each drop is counted', async () => {
    const seen: number[] = [];
    const definition = reading(input, () => processing(({ value }) => void seen.push(value.n)), {
      deadlineOf: ({ deadlineAt }) => deadlineAt,
    });
    const run = createTestRun({ definitions: [definition] });
    await run.startMember();
    const now = run.clock.now();
    run.append({ topic: input, value: { n: 0, deadlineAt: now } });
    run.append({ topic: input, value: { n: 1, deadlineAt: now - 1 } });
    await run.settle();
    expect(seen).toEqual([0]);
    expect(run.dropped()).toEqual(['late']);
    await run.stop();
  });

  test('a record that becomes late while it waits for its dependency is dropped before the next try', async () => {
    let tries = 0;
    const definition = reading(
      input,
      () =>
        processing(() => {
          tries += 1;
          throw failing('retry', 'UPSTREAM_DOWN');
        }),
      { deadlineOf: ({ deadlineAt }) => deadlineAt },
    );
    const run = createTestRun({ definitions: [definition] });
    const member = await run.startMember();
    run.append({ topic: input, value: { n: 0, deadlineAt: run.clock.now() + 1_000 } });
    await run.advance(20_000);
    const triesUntilLate = tries;
    await run.advance(60_000);
    expect(tries).toBe(triesUntilLate);
    expect(tries).toBeGreaterThan(1);
    expect(run.dropped()).toEqual(['late']);
    expect(run.committed(input)).toBe(1n);
    expect(member.state().waitingFor).toEqual([]);
    await run.stop();
  });
});
