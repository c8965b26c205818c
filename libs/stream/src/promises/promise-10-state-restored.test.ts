import { expect, test } from '@jest/globals';
import { changelogTopicFor } from '../state/changelog-client.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import {
  crashAndStart,
  createVisitRun,
  lastCounts,
  visit,
  visitCounts,
  visits,
  visitStore,
} from '../testing/counting-visits.ts';
import { describeInMemory, reading } from '../testing/test-bed.ts';
import type { TestRun } from '../testing/test-run.ts';

const changelog = changelogTopicFor('test');
const at = { topic: changelog, partition: 0 };

describeInMemory('10: state is restored before the first record', () => {
  test('a lost disk is rebuilt from the changelog alone', async () => {
    const run = createVisitRun();
    const member = await run.startMember();
    visit(run, 'ann', 'bob', 'ann');
    await run.advance(1_000);
    await crashAndStart(run, member);
    visit(run, 'ann', 'bob');
    await run.advance(1_000);
    expect(await lastCounts(run)).toEqual({ ann: 3, bob: 2 });
    await run.stop();
  });

  test('also when the changelog was compacted', async () => {
    const run = createVisitRun();
    let member = await run.startMember();
    for (let round = 0; round < 5; round += 1) {
      visit(run, 'ann', 'bob', `guest-${round}`);
      await run.advance(2_000);
      run.changelog.compact(changelog);
      member = await crashAndStart(run, member);
    }
    visit(run, 'ann', 'bob', 'guest-3');
    await run.advance(1_000);
    expect(await lastCounts(run)).toMatchObject({ ann: 6, bob: 6, 'guest-0': 1, 'guest-3': 2 });
    await run.stop();
  });

  test('a restart on the same disk reads the tail only', async () => {
    const run = createVisitRun();
    const disk = new MemoryDisk();
    const member = await run.startMember({ disk });
    for (let n = 0; n < 100; n += 1) visit(run, `guest-${n}`);
    await run.advance(2_000);
    await member.stop();
    const again = await run.startMember({ disk });
    await run.settle();
    await crashAndStart(run, again);
    // its own barrier; its own barrier; everything: a hundred entries, the markers, three barriers
    expect(run.restored()).toEqual([1, 1, 105]);
    await run.stop();
  });

  test('nothing is read before it: init sees the state, and a write outside a record is refused', async () => {
    const seen: unknown[] = [];
    const curious = reading(
      visits,
      (_partition, context) => {
        const kept = context.store(visitStore);
        expect(() => kept.get('ann')).toThrow(expect.objectContaining({ code: 'STATE_CLOSED' }));
        return {
          init() {
            seen.push(kept.get('ann'));
            expect(() => kept.put('ann', 9)).toThrow(expect.objectContaining({ code: 'STATE_CLOSED' }));
          },
          process: ({ value: { who } }) => kept.put(who, (kept.get(who) ?? 0) + 1),
        };
      },
      { stores: [visitStore] },
    );
    const run = createVisitRun({ definitions: [curious] });
    const member = await run.startMember();
    visit(run, 'ann');
    await run.advance(1_000);
    await crashAndStart(run, member);
    expect([seen, run.fatal]).toEqual([[undefined, 1], []]);
    await run.stop();
  });

  test('a changelog that is down is waited for, and said once', async () => {
    const run = createVisitRun();
    run.changelog.isDown = true;
    const member = await run.startMember();
    visit(run, 'ann');
    await run.advance(20_000);
    expect([member.state().waitingFor, await run.sent(visitCounts)]).toEqual([['KAFKA_UNAVAILABLE'], []]);
    run.changelog.isDown = false;
    await run.advance(20_000);
    expect([member.state().waitingFor, await lastCounts(run)]).toEqual([[], { ann: 1 }]);
    await run.stop();
  });
});

describeInMemory('10: a changelog that cannot be trusted is refused', () => {
  const fatalAfter = async (spoil: (run: TestRun, disk: MemoryDisk) => void, keepDisk: boolean): Promise<string[]> => {
    const run = createVisitRun();
    const disk = new MemoryDisk();
    const member = await run.startMember({ disk });
    visit(run, 'ann', 'bob');
    await run.advance(2_000);
    await member.stop();
    spoil(run, disk);
    await run.startMember(keepDisk ? { disk } : {});
    visit(run, 'ann');
    await run.advance(2_000);
    const sent = await run.sent(visitCounts);
    await run.stop();
    expect(sent.length).toBe(run.fatal.length === 0 ? 3 : 2);
    return run.fatal.map((error) => (error as Error & { code: string }).code);
  };

  test('one that ends before the local copy', async () => {
    expect(await fatalAfter((run) => run.changelog.recreate(changelog), true)).toEqual(['CHANGELOG_BEHIND']);
  });

  test('one whose beginning is gone, unless the local copy has it', async () => {
    const cut = (run: TestRun): void => run.changelog.cut(at, 3n);
    expect(await fatalAfter(cut, false)).toEqual(['CHANGELOG_CUT']);
    expect(await fatalAfter(cut, true)).toEqual([]);
  });

  test.each([
    ['that deletes', { partitions: 1, cleanupPolicy: 'compact,delete' }],
    ['with other partitions than its input', { partitions: 3, cleanupPolicy: 'compact' }],
  ])('one %s', async (_what, made) => {
    expect(await fatalAfter((run) => run.changelog.declare(changelog, made), true)).toEqual(['CHANGELOG_MISMATCH']);
  });

  test('one that has fewer partitions than its input, for the input has grown: who starts later says the same as who saw it', async () => {
    const made = { partitions: 0, cleanupPolicy: 'compact' };
    expect(await fatalAfter((run) => run.changelog.declare(changelog, made), true)).toEqual(['TOPIC_GREW']);
  });

  test('one that is not there yet is waited for', async () => {
    const run = createVisitRun();
    run.changelog.declare(changelog, null);
    const member = await run.startMember();
    await run.advance(1_000);
    expect(member.state().waitingFor).toEqual(['CHANGELOG_MISSING']);
    await run.stop();
  });

  test('one that was made again and has grown: the local copy of the old one is thrown away', async () => {
    const run = createVisitRun();
    const [old, other] = [new MemoryDisk(), new MemoryDisk()];
    const member = await run.startMember({ disk: old });
    visit(run, 'ann');
    await run.advance(2_000);
    await member.stop();
    run.changelog.recreate(changelog);
    const next = await run.startMember({ disk: other });
    for (let round = 0; round < 5; round += 1) {
      visit(run, 'bob');
      await run.advance(2_000);
    }
    await next.stop();
    await run.startMember({ disk: old });
    visit(run, 'ann', 'bob');
    await run.advance(2_000);
    expect(await lastCounts(run)).toEqual({ ann: 1, bob: 6 });
    await run.stop();
  });

  test('a full disk stops the process with its code, and nothing is committed', async () => {
    const run = createVisitRun();
    const disk = new MemoryDisk();
    await run.startMember({ disk });
    visit(run, 'ann');
    await run.advance(500);
    disk.isFull = true;
    await run.advance(5_000);
    expect([run.fatal, run.committed(visits)]).toMatchObject([[{ code: 'STATE_DISK_FAILED' }], undefined]);
    await run.stop();
  });
});
