import { expect, test } from '@jest/globals';
import { changelogTopicFor } from '../state/changelog-client.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { crashAndStart, createVisitRun, lastCounts, visit, visits } from '../testing/counting-visits.ts';
import { describeInMemory } from '../testing/test-bed.ts';

const changelog = changelogTopicFor('test');
const at = { topic: changelog, partition: 0 };

describeInMemory('10: state has one owner', () => {
  test('it moves with its partition', async () => {
    const run = createVisitRun({ partitions: { visits: 2 } });
    await run.startMember();
    const visitBoth = (): void => {
      for (const partition of [0, 1])
        run.append({ topic: visits, partition, key: 'k', value: { who: `p${partition}` } });
    };
    visitBoth();
    await run.advance(1_000);
    await run.startMember();
    visitBoth();
    await run.advance(1_000);
    await run.log.rebalance(run.groupId);
    visitBoth();
    await run.advance(1_000);
    expect(await lastCounts(run)).toEqual({ p0: 3, p1: 3 });
    await run.stop();
  });

  test('what a zombie writes behind the new owner counts for nothing, and is written over', async () => {
    const run = createVisitRun();
    const zombie = await run.startMember();
    visit(run, 'ann', 'bob');
    await run.advance(2_000);
    const before = [...run.changelog.recordsOf(at)];
    await crashAndStart(run, zombie);
    visit(run, 'ann');
    await run.advance(2_000);
    // the same flush once more, as a paused process would send it when it wakes
    const late = before.flatMap(({ key, value, headers }) =>
      key === null || key.toString() === '__barrier' ? [] : [{ key, value, headers }],
    );
    await run.changelog.append(at, late);
    visit(run, 'bob');
    await run.advance(3_000);
    run.changelog.compact(changelog);
    const last = run.changelog.recordsOf(at).filter(({ key }) => key?.includes('\0') === true);
    expect(last.map(({ headers }) => Number(headers['state.epoch']?.toString()) > 0)).toEqual([true, true]);
    await run.log.rebalance(run.groupId);
    visit(run, 'ann', 'bob');
    await run.advance(1_000);
    expect(await lastCounts(run)).toEqual({ ann: 3, bob: 3 });
    await run.stop();
  });

  test('a zombie that finds the barrier of another commits nothing and leaves its copy alone', async () => {
    const run = createVisitRun();
    const disk = new MemoryDisk();
    await run.startMember({ disk });
    visit(run, 'ann');
    await run.advance(2_000);
    const committed = run.committed(visits);
    const writes = disk.writes;
    await run.changelog.append(at, [
      { key: Buffer.from('__barrier'), value: Buffer.from('{"ownerId":"another"}'), headers: {} },
    ]);
    visit(run, 'ann', 'bob');
    await run.advance(5_000);
    expect([run.committed(visits), disk.writes]).toEqual([committed, writes]);
    await run.stop();
  });

  test('a barrier of its own that comes late makes nothing of it undone', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    visit(run, 'ann');
    await run.advance(2_000);
    const [barrier] = run.changelog.recordsOf(at);
    await run.changelog.append(
      at,
      barrier === undefined || barrier.key === null ? [] : [{ ...barrier, key: barrier.key }],
    );
    visit(run, 'ann', 'bob');
    await run.advance(3_000);
    run.changelog.compact(changelog);
    await crashAndStart(run, member);
    visit(run, 'ann', 'bob');
    await run.advance(1_000);
    expect(await lastCounts(run)).toEqual({ ann: 3, bob: 2 });
    await run.stop();
  });

  test('a flush that ends after the partition was lost is read from the changelog, once', async () => {
    const run = createVisitRun();
    await run.startMember();
    visit(run, 'ann', 'ann');
    await run.settle();
    void run.clock.advance(1_000);
    await run.log.rebalance(run.groupId); // the drain's own flush, and the next owner's restore
    visit(run, 'ann');
    await run.advance(3_000);
    expect(await lastCounts(run)).toEqual({ ann: 3 });
    await run.stop();
  });
});
