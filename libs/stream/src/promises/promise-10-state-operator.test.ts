import { expect, test } from '@jest/globals';
import { encodeNote } from '../assignment/commit-note.ts';
import { countsSent, createVisitRun, visit, visits } from '../testing/counting-visits.ts';
import { describeInMemory } from '../testing/test-bed.ts';
import type { TestRun } from '../testing/test-run.ts';

const at = { topic: visits.name, partition: 0 };

/** The state stands at 3, and the group's offset was not written: its process was killed between the two. */
const killedBetween = async (): Promise<TestRun> => {
  const run = createVisitRun();
  const member = await run.startMember();
  member.faults.commitDown = true;
  visit(run, 'ann', 'bob', 'ann');
  await run.advance(1_000);
  await member.crash();
  return run;
};

const sentAfter = async (run: TestRun, already: number): Promise<string[]> => (await countsSent(run)).slice(already);

describeInMemory("10: an operator's offset is obeyed", () => {
  test.each([
    [0n, ['ann 3', 'bob 2', 'ann 4']],
    [1n, ['bob 2', 'ann 3']],
    [2n, ['ann 3']],
  ])('also %i, which lies within what a crash would have repeated', async (offset, expected) => {
    const run = await killedBetween();
    run.log.commit(run.groupId, at, offset);
    await run.startMember();
    await run.advance(2_000);
    expect([run.alreadyDone(), await sentAfter(run, 3), run.committed(visits)]).toEqual([0, expected, 3n]);
    await run.stop();
  });

  test('once: what comes again because of a crash behind it is counted once', async () => {
    const run = await killedBetween();
    run.log.commit(run.groupId, at, 1n);
    const member = await run.startMember();
    member.faults.commitDown = true;
    await run.advance(2_000);
    await member.crash();
    await run.startMember();
    await run.advance(2_000);
    expect([run.alreadyDone(), await sentAfter(run, 3), run.committed(visits)]).toEqual([2, ['bob 2', 'ann 3'], 3n]);
    await run.stop();
  });

  test('an offset that the group itself has written is none: what comes again is done', async () => {
    const run = await killedBetween();
    run.log.commit(run.groupId, at, 1n, encodeNote({ sinceMs: null }));
    await run.startMember();
    await run.advance(2_000);
    expect([run.alreadyDone(), await sentAfter(run, 3), run.committed(visits)]).toEqual([2, [], 3n]);
    await run.stop();
  });

  test('and one before all that the state knows counts again, whoever has written it', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    visit(run, 'ann', 'bob');
    await run.advance(3_000);
    await member.stop();
    run.log.commit(run.groupId, at, 1n, encodeNote({ sinceMs: null }));
    await run.startMember();
    await run.advance(2_000);
    expect([run.alreadyDone(), await sentAfter(run, 2)]).toEqual([0, ['bob 2']]);
    await run.stop();
  });
});
