import { expect, test } from '@jest/globals';
import type { KeyValueStore, StoreDefinition, StreamTask, TaskContext, Topic } from '../port.ts';
import { changelogTopicFor } from '../state/changelog-client.ts';
import { MemoryDisk } from '../state/memory-disk.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { MemoryApp } from '../testing/memory-app.ts';
import { createGate, describeInMemory, failing, reading } from '../testing/test-bed.ts';
import { createTestRun, type TestRun, type TestRunOptions } from '../testing/test-run.ts';

interface Visit {
  who: string;
}

interface Count {
  who: string;
  visits: number;
}

const input: Topic<Visit> = { name: 'visits' };
const output: Topic<Count> = { name: 'counts' };
const counts: StoreDefinition<number> = { name: 'counts', values: { name: 'count' } };
const changelog = changelogTopicFor('test');
const at = { topic: changelog, partition: 0 };

/** Counts visits by person, and sends each count: an input that is counted twice shows in both. */
const counting = (context: TaskContext, store = counts): StreamTask<Visit> => {
  const kept = context.store(store);
  return {
    process({ value: { who } }, collector) {
      const visits = (kept.get(who) ?? 0) + 1;
      kept.put(who, visits);
      collector.send(output, who, { who, visits });
    },
  };
};

const definition = reading(input, (_partition, context) => counting(context), { stores: [counts] });

const createRun = (options: Partial<TestRunOptions> = {}): TestRun =>
  createTestRun({ definitions: [definition], settings: { commitEveryMs: 1_000 }, ...options });

const visit = (run: TestRun, ...people: string[]): void => {
  for (const who of people) run.append({ topic: input, key: who, value: { who } });
};

const lastCounts = async (run: TestRun): Promise<Record<string, number>> =>
  Object.fromEntries((await run.sent(output)).map(({ value }) => [(value as Count).who, (value as Count).visits]));

/** Ends it as a killed process does, and starts another one. */
const crashAndStart = async (run: TestRun, member: MemoryApp, disk?: MemoryDisk): Promise<MemoryApp> => {
  await member.crash();
  const next = await run.startMember(disk === undefined ? {} : { disk });
  await run.settle();
  return next;
};

describeInMemory('10: state is restored before the first record', () => {
  test('a lost disk is rebuilt from the changelog alone', async () => {
    const run = createRun();
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
    const run = createRun();
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
    const run = createRun();
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
      input,
      (_partition, context) => {
        const kept = context.store(counts);
        expect(() => kept.get('ann')).toThrow(expect.objectContaining({ code: 'STATE_CLOSED' }));
        return {
          init() {
            seen.push(kept.get('ann'));
            expect(() => kept.put('ann', 9)).toThrow(expect.objectContaining({ code: 'STATE_CLOSED' }));
          },
          process: ({ value: { who } }) => kept.put(who, (kept.get(who) ?? 0) + 1),
        };
      },
      { stores: [counts] },
    );
    const run = createRun({ definitions: [curious] });
    const member = await run.startMember();
    visit(run, 'ann');
    await run.advance(1_000);
    await crashAndStart(run, member);
    expect([seen, run.fatal]).toEqual([[undefined, 1], []]);
    await run.stop();
  });

  test('a changelog that is down is waited for, and said once', async () => {
    const run = createRun();
    run.changelog.isDown = true;
    const member = await run.startMember();
    visit(run, 'ann');
    await run.advance(20_000);
    expect([member.state().waitingFor, await run.sent(output)]).toEqual([['KAFKA_UNAVAILABLE'], []]);
    run.changelog.isDown = false;
    await run.advance(20_000);
    expect([member.state().waitingFor, await lastCounts(run)]).toEqual([[], { ann: 1 }]);
    await run.stop();
  });
});

describeInMemory('10: state and outputs move together', () => {
  test('what an attempt wrote counts only if it succeeds', async () => {
    let failures = 2;
    const flaky = reading(
      input,
      (_partition, context) => {
        const kept = context.store(counts);
        const task = counting(context);
        return {
          async process(record, collector) {
            await task.process(record, collector);
            expect(kept.get(record.value.who)).toBe(1);
            if ((failures -= 1) >= 0) throw failing('retry', 'DB_DOWN');
            if (record.value.who === 'bad') throw failing('park', 'BAD_VISIT');
          },
        };
      },
      { stores: [counts] },
    );
    const run = createRun({ definitions: [flaky] });
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
    const run = createRun();
    const member = await run.startMember();
    member.faults.commitDown = true;
    visit(run, 'ann', 'ann', 'bob');
    await run.advance(1_000);
    expect(run.committed(input)).toBeUndefined();
    await crashAndStart(run, member);
    visit(run, 'ann');
    await run.advance(1_000);
    expect([run.alreadyDone(), run.committed(input)]).toEqual([3, 4n]);
    expect((await run.sent(output)).map(({ value }) => (value as Count).visits)).toEqual([1, 2, 1, 3]);
    await run.stop();
  });

  test('a crash before the state is written loses state and offset alike', async () => {
    const run = createRun();
    const member = await run.startMember();
    visit(run, 'ann', 'ann');
    await run.settle();
    await crashAndStart(run, member);
    await run.advance(1_000);
    expect([run.alreadyDone(), await lastCounts(run)]).toEqual([0, { ann: 2 }]);
    await run.stop();
  });

  test('an answer that is lost changes nothing', async () => {
    const run = createRun();
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
    const run = createRun({ settings: { commitEveryMs: 1_000, produceBytesMax: 900, outputRecordBytesMax: 900 } });
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
    const run = createRun();
    const member = await run.startMember();
    visit(run, 'ann', 'bob', 'ann');
    await run.advance(1_000);
    await member.stop();
    run.log.commit(run.groupId, { topic: input.name, partition: 0 }, 1n);
    await run.startMember();
    await run.advance(1_000);
    expect([run.alreadyDone(), await lastCounts(run)]).toEqual([0, { ann: 3, bob: 2 }]);
    await run.stop();
  });

  test('a record that waits for its dependency holds no commit of another partition up', async () => {
    const down = reading(
      input,
      (_partition, context) => {
        const task = counting(context);
        return {
          process(record, collector) {
            if (record.value.who === 'down') throw failing('retry', 'DB_DOWN');
            return task.process(record, collector);
          },
        };
      },
      { stores: [counts] },
    );
    const run = createRun({ definitions: [down], partitions: { visits: 2 } });
    await run.startMember();
    run.append({ topic: input, partition: 0, value: { who: 'down' } });
    run.append({ topic: input, partition: 1, value: { who: 'ann' } });
    await run.advance(2_000);
    expect([run.committed(input, 0), run.committed(input, 1)]).toEqual([undefined, 1n]);
    await run.stop();
  });
});

describeInMemory('10: state has one owner', () => {
  test('it moves with its partition', async () => {
    const run = createRun({ partitions: { visits: 2 } });
    await run.startMember();
    const visitBoth = (): void => {
      for (const partition of [0, 1])
        run.append({ topic: input, partition, key: 'k', value: { who: `p${partition}` } });
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
    const run = createRun();
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
    const run = createRun();
    const disk = new MemoryDisk();
    await run.startMember({ disk });
    visit(run, 'ann');
    await run.advance(2_000);
    const committed = run.committed(input);
    const writes = disk.writes;
    await run.changelog.append(at, [
      { key: Buffer.from('__barrier'), value: Buffer.from('{"ownerId":"another"}'), headers: {} },
    ]);
    visit(run, 'ann', 'bob');
    await run.advance(5_000);
    expect([run.committed(input), disk.writes]).toEqual([committed, writes]);
    await run.stop();
  });

  test('a barrier of its own that comes late makes nothing of it undone', async () => {
    const run = createRun();
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
    const run = createRun();
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

describeInMemory('10: a changelog that cannot be trusted is refused', () => {
  const fatalAfter = async (spoil: (run: TestRun, disk: MemoryDisk) => void, keepDisk: boolean): Promise<string[]> => {
    const run = createRun();
    const disk = new MemoryDisk();
    const member = await run.startMember({ disk });
    visit(run, 'ann', 'bob');
    await run.advance(2_000);
    await member.stop();
    spoil(run, disk);
    await run.startMember(keepDisk ? { disk } : {});
    visit(run, 'ann');
    await run.advance(2_000);
    const sent = await run.sent(output);
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
    const run = createRun();
    run.changelog.declare(changelog, null);
    const member = await run.startMember();
    await run.advance(1_000);
    expect(member.state().waitingFor).toEqual(['CHANGELOG_MISSING']);
    await run.stop();
  });

  test('one that was made again and has grown: the local copy of the old one is thrown away', async () => {
    const run = createRun();
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
    const run = createRun();
    const disk = new MemoryDisk();
    await run.startMember({ disk });
    visit(run, 'ann');
    await run.advance(500);
    disk.isFull = true;
    await run.advance(5_000);
    expect([run.fatal, run.committed(input)]).toMatchObject([[{ code: 'STATE_DISK_FAILED' }], undefined]);
    await run.stop();
  });
});

describeInMemory('10: stores', () => {
  const startWith = async (
    stores: readonly StoreDefinition<number>[],
    process: (context: TaskContext) => StreamTask<Visit>['process'],
    clock = new ManualClock(),
  ): Promise<{ run: TestRun; member: MemoryApp; disk: MemoryDisk }> => {
    const reads = reading(input, (_partition, context) => ({ process: process(context) }), { stores });
    const run = createRun({ definitions: [reads], clock });
    const disk = new MemoryDisk();
    return { run, member: await run.startMember({ disk }), disk };
  };

  test('an entry expires by the clock, at once for who reads, and soon on the disk and in the changelog', async () => {
    const short: StoreDefinition<number> = { ...counts, ttlMs: 10_000 };
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
    const { run } = await startWith([counts], (context) => {
      const kept = context.store(counts);
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
      { ...counts, name: 'a' },
      { ...counts, name: 'ab' },
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
    const { run } = await startWith([counts], (context) => {
      const kept = context.store(counts);
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
      input,
      (_partition, context) => {
        const kept = context.store(counts);
        return { process: ({ value: { who } }) => (kept.put(who, 1), who === 'guest-29' ? gate.open() : undefined) };
      },
      { stores: [counts] },
    );
    const run = createRun({ definitions: [reads], settings: { commitEveryMs: 5_000, stateChangesMax: 10 } });
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
    ['it reads two topics', { inputs: [input, { name: 'other' }] }, 'STATE_NEEDS_ONE_INPUT'],
    ['a name has a space', { stores: [{ ...counts, name: 'a b' }] }, 'STORE_NAME_INVALID'],
    ['two have one name', { stores: [counts, counts] }, 'STORE_NAME_INVALID'],
  ])('a definition is refused where %s', async (_why, more, code) => {
    const run = createTestRun({ definitions: [{ ...definition, ...more }] });
    await expect(run.startMember()).rejects.toMatchObject({ code, fate: 'crash' });
  });

  test('records of several keys run side by side, each on its own entries, and no commit lies between', async () => {
    const slow = createGate();
    let most = 0;
    let running = 0;
    const byKey = reading(
      input,
      (_partition, context) => {
        const kept = context.store(counts);
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
      { stores: [counts], order: { concurrentRecordsMax: 4, keyOrder: 'kept' } },
    );
    const run = createRun({ definitions: [byKey] });
    await run.startMember();
    visit(run, 'ann', 'bob', 'ann', 'cid', 'bob');
    await run.advance(2_000);
    expect([run.committed(input), most > 1]).toEqual([undefined, true]);
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
    expect(run.committed(input)).toBe(5n);
    await run.stop();
  });

  test.each<[string, (kept: KeyValueStore<number>) => unknown]>([
    ['reads', (kept) => kept.get('bob')],
    ['writes', (kept) => kept.put('annex', 1)],
    ['removes', (kept) => kept.delete('bob')],
    ['ranges over', (kept) => [...kept.range()]],
  ])("a record that %s what may be another key's stops the process", async (_what, touch) => {
    const foreign = reading(
      input,
      (_partition, context) => {
        const kept = context.store(counts);
        return { process: () => void touch(kept) };
      },
      { stores: [counts], order: { concurrentRecordsMax: 4, keyOrder: 'kept' } },
    );
    const run = createRun({ definitions: [foreign] });
    await run.startMember();
    visit(run, 'ann');
    await run.settle();
    expect(run.fatal).toMatchObject([{ code: 'STATE_KEY_FOREIGN' }]);
    await run.stop();
  });

  test('a write that nobody has waited for is refused, and spoils no other record', async () => {
    const late = createGate();
    const refused: unknown[] = [];
    const { run } = await startWith([counts], (context) => {
      const kept = context.store(counts);
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
    const undeclared = reading(input, (_partition, context) => counting(context));
    const run = createRun({ definitions: [undeclared] });
    await run.startMember();
    expect(run.fatal).toMatchObject([{ code: 'STORE_NOT_DECLARED' }]);
    await run.stop();
  });

  test('what a window writes is kept before any record has come', async () => {
    const ticking = reading(
      input,
      (_partition, context) => {
        const kept = context.store(counts);
        return {
          process: () => undefined,
          window: { everyMs: 1_000, run: () => kept.put('ticks', (kept.get('ticks') ?? 0) + 1) },
        };
      },
      { stores: [counts] },
    );
    const run = createRun({ definitions: [ticking] });
    await run.startMember();
    await run.advance(3_500);
    const stored = run.changelog.recordsOf(at).filter(({ key }) => key?.toString() === 'counts\0ticks');
    expect(stored.length).toBeGreaterThan(1);
    await run.stop();
  });
});
