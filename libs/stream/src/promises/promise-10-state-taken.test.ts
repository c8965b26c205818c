import { expect, test } from '@jest/globals';
import { changelogTopicFor } from '../state/changelog-client.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { countsSent, createVisitRun, visit, visits } from '../testing/counting-visits.ts';
import { describeInMemory } from '../testing/test-bed.ts';
import type { TestRun } from '../testing/test-run.ts';

const lastSent = async (run: TestRun): Promise<string | undefined> => (await countsSent(run)).at(-1);

const lateBarrierOfAnother = (run: TestRun): Promise<bigint> =>
  run.changelog.append({ topic: changelogTopicFor(run.groupId), partition: 0 }, [
    { key: Buffer.from('__barrier'), value: Buffer.from('{"ownerId":"another"}'), headers: {} },
  ]);

const LONGER_THAN_A_GROUP_NEEDS_TO_SAY_SO_MS = 61_000;

describeInMemory('10: a try of a flush whose answer was lost', () => {
  test('may reach the changelog behind the next try: a restore from it alone counts right', async () => {
    const run = createVisitRun();
    const at = { topic: changelogTopicFor(run.groupId), partition: 0 };
    const member = await run.startMember();
    visit(run, 'ann');
    await run.settle();
    run.changelog.losesNextAnswer = true;
    await run.advance(1_000);
    const firstTry = run.changelog.recordsOf(at).filter(({ headers }) => 'state.flush' in headers);
    visit(run, 'ann');
    await run.advance(1_000);
    expect(run.committed(visits)).toBe(2n);
    await run.changelog.append(
      at,
      firstTry.flatMap(({ key, value, headers }) => (key === null ? [] : [{ key, value, headers }])),
    );
    await member.crash();
    await run.startMember();
    visit(run, 'ann');
    await run.advance(1_000);
    expect(await lastSent(run)).toBe('ann 3');
    await run.stop();
  });
});

describeInMemory('10: state that another has taken', () => {
  test('and the partition stays: the process stops instead of committing nothing for ever, and its next life counts on', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    visit(run, 'ann');
    await run.advance(2_000);
    await lateBarrierOfAnother(run);
    visit(run, 'ann');
    await run.advance(10_000);
    expect([run.fatal, run.committed(visits)]).toEqual([[], 1n]);
    await run.advance(LONGER_THAN_A_GROUP_NEEDS_TO_SAY_SO_MS);
    expect(run.fatal).toMatchObject([{ code: 'STATE_TAKEN', fate: 'crash' }]);
    await member.crash();
    await run.startMember();
    visit(run, 'ann');
    await run.advance(2_000);
    expect([await lastSent(run), run.committed(visits)]).toEqual(['ann 3', 3n]);
    await run.stop();
  });

  test('a partition that goes and comes back counts anew how long it waits', async () => {
    const run = createVisitRun();
    await run.startMember();
    visit(run, 'ann');
    await run.advance(2_000);
    for (let round = 0; round < 3; round += 1) {
      await lateBarrierOfAnother(run);
      visit(run, 'ann');
      await run.advance(LONGER_THAN_A_GROUP_NEEDS_TO_SAY_SO_MS / 2);
      await run.log.rebalance(run.groupId);
      await run.advance(2_000);
    }
    expect([run.fatal, await lastSent(run), run.committed(visits)]).toEqual([[], 'ann 4', 4n]);
    await run.stop();
  });

  test('a copy that another process of this machine had meanwhile is opened anew with the next assignment', async () => {
    const run = createVisitRun();
    const disk = new MemoryDisk();
    await run.startMember({ disk });
    visit(run, 'ann');
    await run.advance(2_000);
    await disk.open(run.groupId, 0); // as the one does that had the partition while this process was frozen
    await run.log.rebalance(run.groupId);
    visit(run, 'ann');
    await run.advance(5_000);
    expect([run.fatal, await lastSent(run), run.committed(visits)]).toEqual([[], 'ann 2', 2n]);
    await run.stop();
  });
});
