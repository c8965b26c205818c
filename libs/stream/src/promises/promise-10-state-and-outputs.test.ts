import { expect, test } from '@jest/globals';
import { changelogTopicFor } from '../state/changelog-client.ts';
import {
  countingTask,
  crashAndStart,
  createVisitRun,
  lastCounts,
  visit,
  countsSent,
  visits,
  visitStore,
} from '../testing/counting-visits.ts';
import { describeInMemory, failing, reading } from '../testing/test-bed.ts';

const changelog = changelogTopicFor('test');
const at = { topic: changelog, partition: 0 };

describeInMemory('10: state and outputs move together', () => {
  test('what an attempt wrote counts only if it succeeds', async () => {
    let failures = 2;
    const flaky = reading(
      visits,
      (_partition, context) => {
        const kept = context.store(visitStore);
        const task = countingTask(context);
        return {
          async process(record, collector) {
            await task.process(record, collector);
            expect(kept.get(record.value.who)).toBe(1);
            if ((failures -= 1) >= 0) throw failing('retry', 'DB_DOWN');
            if (record.value.who === 'bad') throw failing('park', 'BAD_VISIT');
          },
        };
      },
      { stores: [visitStore] },
    );
    const run = createVisitRun({ definitions: [flaky] });
    await run.startMember();
    visit(run, 'ann', 'bad');
    await run.advance(5_000);
    const stored = run.changelog.recordsOf(at).map(({ key }) => key?.toString());
    expect([await lastCounts(run), run.parked().map(({ code }) => code), run.retried()]).toEqual([
      { ann: 1 },
      ['BAD_VISIT'],
      ['DB_DOWN', 'DB_DOWN'],
    ]);
    expect(stored.filter((key) => key?.includes('\0'))).toEqual(['counts\0ann']);
    await run.stop();
  });

  test('a crash between the state and the offset repeats no record: they are known to be done', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    member.faults.commitDown = true;
    visit(run, 'ann', 'ann', 'bob');
    await run.advance(1_000);
    expect(run.committed(visits)).toBeUndefined();
    await crashAndStart(run, member);
    visit(run, 'ann');
    await run.advance(1_000);
    expect([run.alreadyDone(), run.committed(visits)]).toEqual([3, 4n]);
    expect(await countsSent(run)).toEqual(['ann 1', 'ann 2', 'bob 1', 'ann 3']);
    await run.stop();
  });

  test('a crash before the state is written loses state and offset alike', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    visit(run, 'ann', 'ann');
    await run.settle();
    await crashAndStart(run, member);
    await run.advance(1_000);
    expect([run.alreadyDone(), await lastCounts(run)]).toEqual([0, { ann: 2 }]);
    await run.stop();
  });

  test('an answer that is lost changes nothing', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    visit(run, 'ann');
    await run.settle();
    run.changelog.losesNextAnswer = true;
    await run.advance(1_000);
    visit(run, 'ann', 'bob');
    await run.advance(3_000);
    await crashAndStart(run, member);
    visit(run, 'ann');
    await run.advance(1_000);
    expect(await lastCounts(run)).toEqual({ ann: 3, bob: 1 });
    await run.stop();
  });

  test('a flush of several batches whose owner is killed between them does not count by halves', async () => {
    const run = createVisitRun({ settings: { commitEveryMs: 1_000, produceBytesMax: 900, outputRecordBytesMax: 900 } });
    const member = await run.startMember();
    const everybody = Array.from({ length: 12 }, (_, n) => `guest-${n}`);
    visit(run, ...everybody);
    await run.advance(2_000);
    visit(run, ...everybody);
    await run.settle();
    const before = run.changelog.recordsOf(at).length;
    run.changelog.isDownAfter(2);
    await run.advance(1_000);
    expect(run.changelog.recordsOf(at).length).toBeGreaterThan(before);
    await member.crash();
    run.changelog.isDown = false;
    await run.startMember();
    await run.advance(2_000);
    visit(run, ...everybody);
    await run.advance(2_000);
    run.changelog.compact(changelog);
    await run.log.rebalance(run.groupId);
    await run.advance(2_000);
    expect(new Set(Object.values(await lastCounts(run)))).toEqual(new Set([3]));
    await run.stop();
  });

  test('an operator who goes back has everything counted again', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    visit(run, 'ann', 'bob', 'ann');
    await run.advance(1_000);
    await member.stop();
    run.log.commit(run.groupId, { topic: visits.name, partition: 0 }, 1n);
    await run.startMember();
    await run.advance(1_000);
    expect([run.alreadyDone(), await lastCounts(run)]).toEqual([0, { ann: 3, bob: 2 }]);
    await run.stop();
  });

  test('a record that waits for its dependency holds no commit of another partition up', async () => {
    const down = reading(
      visits,
      (_partition, context) => {
        const task = countingTask(context);
        return {
          process(record, collector) {
            if (record.value.who === 'down') throw failing('retry', 'DB_DOWN');
            return task.process(record, collector);
          },
        };
      },
      { stores: [visitStore] },
    );
    const run = createVisitRun({ definitions: [down], partitions: { visits: 2 } });
    await run.startMember();
    run.append({ topic: visits, partition: 0, value: { who: 'down' } });
    run.append({ topic: visits, partition: 1, value: { who: 'ann' } });
    await run.advance(2_000);
    expect([run.committed(visits, 0), run.committed(visits, 1)]).toEqual([undefined, 1n]);
    await run.stop();
  });
});
