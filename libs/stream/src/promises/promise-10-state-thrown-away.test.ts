import { expect, test } from '@jest/globals';
import type { StoreDefinition, Topic } from '../port.ts';
import { describeInMemory, reading } from '../testing/test-bed.ts';
import { createTestRun } from '../testing/test-run.ts';

interface Visit {
  who: string;
}

const input: Topic<Visit> = { name: 'visits' };
const output: Topic<number> = { name: 'counts' };
const counts: StoreDefinition<number> = { name: 'counts', values: { name: 'count' } };

describeInMemory('10: what no commit has taken is thrown away with its assignment', () => {
  test('a record whose state could not be written before a rebalance is counted once', async () => {
    const definition = reading(
      input,
      (_partition, context) => {
        const kept = context.store(counts);
        return {
          process({ value: { who } }, collector) {
            kept.put(who, (kept.get(who) ?? 0) + 1);
            collector.send(output, who, kept.get(who) ?? 0);
          },
        };
      },
      { stores: [counts] },
    );
    const run = createTestRun({ definitions: [definition], settings: { drainMs: 100, finalCommitMs: 100 } });
    await run.startMember();
    run.append({ topic: input, value: { who: 'ann' } });
    await run.settle();
    run.changelog.isDown = true;
    const rebalanced = run.log.rebalance(run.groupId);
    await run.advance(1_000);
    await rebalanced;
    run.changelog.isDown = false;
    await run.advance(20_000);
    expect((await run.sent(output)).map(({ value }) => value)).toEqual([1, 1]);
    expect(run.committed(input)).toBe(1n);
    await run.stop();
  });
});
