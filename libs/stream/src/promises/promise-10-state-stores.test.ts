import { expect, test } from '@jest/globals';
import type { KeyValueStore, StoreDefinition, StreamTask, TaskContext } from '../port.ts';
import { changelogTopicFor } from '../state/changelog-client.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import {
  countingTask,
  countingVisits,
  crashAndStart,
  createVisitRun,
  visit,
  visits,
  visitStore,
  type Visit,
} from '../testing/counting-visits.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { MemoryApp } from '../testing/memory-app.ts';
import { createGate, describeInMemory, reading } from '../testing/test-bed.ts';
import { createTestRun, type TestRun } from '../testing/test-run.ts';

const at = { topic: changelogTopicFor('test'), partition: 0 };

describeInMemory('10: stores', () => {
  const startWith = async (
    stores: readonly StoreDefinition<number>[],
    process: (context: TaskContext) => StreamTask<Visit>['process'],
    clock = new ManualClock(),
  ): Promise<{ run: TestRun; member: MemoryApp; disk: MemoryDisk }> => {
    const reads = reading(visits, (_partition, context) => ({ process: process(context) }), { stores });
    const run = createVisitRun({ definitions: [reads], clock });
    const disk = new MemoryDisk();
    return { run, member: await run.startMember({ disk }), disk };
  };

  test('an entry expires by the clock, at once for who reads, and soon on the disk and in the changelog', async () => {
    const short: StoreDefinition<number> = { ...visitStore, ttlMs: 10_000 };
    const seen: unknown[] = [];
    const { run, member } = await startWith([short], (context) => {
      const kept = context.store(short);
      return ({ value: { who } }) => {
        seen.push(kept.get(who), [...kept.range()].length);
        if (who === 'ann') kept.put(who, 1);
      };
    });
    visit(run, 'ann');
    await run.advance(9_999);
    visit(run, 'ann'); // put again: ten seconds more
    await run.advance(9_999);
    visit(run, 'bob');
    await run.advance(1);
    visit(run, 'bob');
    await run.advance(2_000);
    expect(seen).toEqual([undefined, 0, 1, 1, undefined, 1, undefined, 0]);
    const tombstones = run.changelog.recordsOf(at).filter(({ key, value }) => value === null && key !== null);
    expect(tombstones.map(({ key }) => key?.toString())).toEqual(['counts\0ann']);
    await crashAndStart(run, member);
    expect(run.fatal).toEqual([]);
    await run.stop();
  });

  test('a range sees this attempt, what is not committed, what is being committed, and the disk, in order', async () => {
    const seen: unknown[] = [];
    const { run } = await startWith([visitStore], (context) => {
      const kept = context.store(visitStore);
      return ({ value: { who } }) => {
        if (who === 'look') {
          kept.put('b', 20);
          kept.delete('c');
          seen.push([...kept.range()], [...kept.range({ gte: 'b', lt: 'e', reverse: true, limit: 2 })]);
        } else kept.put(who, 1);
      };
    });
    visit(run, 'a', 'c', 'e', 'b');
    await run.advance(2_000);
    visit(run, 'd', 'look');
    await run.advance(2_000);
    expect(seen).toEqual([
      [
        ['a', 1],
        ['b', 20],
        ['d', 1],
        ['e', 1],
      ],
      [
        ['d', 1],
        ['b', 20],
      ],
    ]);
    await run.stop();
  });

  test('stores of one task do not meet, and a deleted key is gone for good', async () => {
    const [a, ab]: StoreDefinition<number>[] = [
      { ...visitStore, name: 'a' },
      { ...visitStore, name: 'ab' },
    ] as const;
    const seen: unknown[] = [];
    const { run, member } = await startWith([a, ab] as StoreDefinition<number>[], (context) => {
      const [first, second] = [context.store(a), context.store(ab)];
      return ({ value: { who } }) => {
        if (who === 'look') return void seen.push([...first.range()], [...second.range()]);
        if (who === 'drop') return first.delete('b');
        first.put('b', 1);
        second.put('', 2);
      };
    });
    visit(run, 'put', 'look', 'drop', 'look');
    await run.advance(2_000);
    await crashAndStart(run, member);
    visit(run, 'look');
    await run.advance(1_000);
    expect(seen).toEqual([[['b', 1]], [['', 2]], [], [['', 2]], [], [['', 2]]]);
    await run.stop();
  });

  test('a key or a value that no store can hold parks its record', async () => {
    const { run } = await startWith([visitStore], (context) => {
      const kept = context.store(visitStore);
      return ({ value: { who } }) => kept.put(who, 1);
    });
    visit(run, 'x'.repeat(1_501), '\ud800', 'fine');
    await run.advance(1_000);
    expect(run.parked().map(({ code }) => code)).toEqual(['STATE_KEY_INVALID', 'STATE_KEY_INVALID']);
    await run.stop();
  });

  test('changes that wait for a commit are bounded: at the bound the commit comes early', async () => {
    const gate = createGate();
    const reads = reading(
      visits,
      (_partition, context) => {
        const kept = context.store(visitStore);
        return { process: ({ value: { who } }) => (kept.put(who, 1), who === 'guest-29' ? gate.open() : undefined) };
      },
      { stores: [visitStore] },
    );
    const run = createVisitRun({ definitions: [reads], settings: { commitEveryMs: 5_000, stateChangesMax: 10 } });
    await run.startMember();
    for (let n = 0; n < 30; n += 1) visit(run, `guest-${n}`);
    await run.settle();
    await gate.passed; // without any time passing
    expect(run.changelog.recordsOf(at).filter(({ key }) => key?.includes('\0') === true).length).toBeGreaterThanOrEqual(
      20,
    );
    await run.stop();
  });

  test.each([
    ['order is given up', { order: { concurrentRecordsMax: 2, keyOrder: 'given-up' as const } }, 'STATE_NEEDS_ORDER'],
    ['it reads two topics', { inputs: [visits, { name: 'other' }] }, 'STATE_NEEDS_ONE_INPUT'],
    ['a name has a space', { stores: [{ ...visitStore, name: 'a b' }] }, 'STORE_NAME_INVALID'],
    ['two have one name', { stores: [visitStore, visitStore] }, 'STORE_NAME_INVALID'],
  ])('a definition is refused where %s', async (_why, more, code) => {
    const run = createTestRun({ definitions: [{ ...countingVisits, ...more }] });
    await expect(run.startMember()).rejects.toMatchObject({ code, fate: 'crash' });
  });

  test('records of several keys run side by side, each on its own entries, and no commit lies between', async () => {
    const slow = createGate();
    let most = 0;
    let running = 0;
    const byKey = reading(
      visits,
      (_partition, context) => {
        const kept = context.store(visitStore);
        return {
          async process({ value: { who }, offset }) {
            most = Math.max(most, (running += 1));
            kept.put(`${who}/last`, Number(offset));
            await (who === 'ann' ? slow.passed : Promise.resolve());
            kept.put(who, (kept.get(who) ?? 0) + 1);
            running -= 1;
          },
        };
      },
      { stores: [visitStore], order: { concurrentRecordsMax: 4, keyOrder: 'kept' } },
    );
    const run = createVisitRun({ definitions: [byKey] });
    await run.startMember();
    visit(run, 'ann', 'bob', 'ann', 'cid', 'bob');
    await run.advance(2_000);
    expect([run.committed(visits), most > 1]).toEqual([undefined, true]);
    slow.open();
    await run.advance(2_000);
    const stored = run.changelog
      .recordsOf(at)
      .flatMap(({ key }) => (key?.includes('\0') === true ? [key.toString()] : []));
    expect([...new Set(stored.map((key) => key.slice(7)))].sort()).toEqual([
      'ann',
      'ann/last',
      'bob',
      'bob/last',
      'cid',
      'cid/last',
    ]);
    expect(run.committed(visits)).toBe(5n);
    await run.stop();
  });

  test.each<[string, (kept: KeyValueStore<number>) => unknown]>([
    ['reads', (kept) => kept.get('bob')],
    ['writes', (kept) => kept.put('annex', 1)],
    ['removes', (kept) => kept.delete('bob')],
    ['ranges over', (kept) => [...kept.range()]],
  ])("a record that %s what may be another key's stops the process", async (_what, touch) => {
    const foreign = reading(
      visits,
      (_partition, context) => {
        const kept = context.store(visitStore);
        return { process: () => void touch(kept) };
      },
      { stores: [visitStore], order: { concurrentRecordsMax: 4, keyOrder: 'kept' } },
    );
    const run = createVisitRun({ definitions: [foreign] });
    await run.startMember();
    visit(run, 'ann');
    await run.settle();
    expect(run.fatal).toMatchObject([{ code: 'STATE_KEY_FOREIGN' }]);
    await run.stop();
  });

  test('a write that nobody has waited for is refused, and spoils no other record', async () => {
    const late = createGate();
    const refused: unknown[] = [];
    const { run } = await startWith([visitStore], (context) => {
      const kept = context.store(visitStore);
      return ({ value: { who } }) => {
        if (who === 'careless')
          void late.passed.then(() => kept.put('late', 1)).catch((error: unknown) => refused.push(error));
        else late.open();
      };
    });
    visit(run, 'careless', 'next');
    await run.advance(1_000);
    expect([refused, run.fatal]).toMatchObject([[{ code: 'STATE_CLOSED' }], []]);
    await run.stop();
  });

  test('a store that is not declared is refused', async () => {
    const undeclared = reading(visits, (_partition, context) => countingTask(context));
    const run = createVisitRun({ definitions: [undeclared] });
    await run.startMember();
    expect(run.fatal).toMatchObject([{ code: 'STORE_NOT_DECLARED' }]);
    await run.stop();
  });

  test('what a window writes is kept before any record has come', async () => {
    const ticking = reading(
      visits,
      (_partition, context) => {
        const kept = context.store(visitStore);
        return {
          process: () => undefined,
          window: { everyMs: 1_000, run: () => kept.put('ticks', (kept.get('ticks') ?? 0) + 1) },
        };
      },
      { stores: [visitStore] },
    );
    const run = createVisitRun({ definitions: [ticking] });
    await run.startMember();
    await run.advance(3_500);
    const stored = run.changelog.recordsOf(at).filter(({ key }) => key?.toString() === 'counts\0ticks');
    expect(stored.length).toBeGreaterThan(1);
    await run.stop();
  });
});
