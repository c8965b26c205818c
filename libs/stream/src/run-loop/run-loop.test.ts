import { expect, test } from '@jest/globals';
import type { Topic } from '../port.ts';
import type { RunLoopSettings } from '../settings.ts';
import { bareRunLoop, rawRecordAt } from '../testing/bare-run-loop.ts';
import { ManualClock, turn } from '../testing/manual-clock.ts';
import { createGate, failing, processing, reading } from '../testing/test-bed.ts';
import type { PartitionOffset } from './log-client.ts';
import type { RunLoop } from './run-loop.ts';

const input: Topic<number> = { name: 'in' };
const at = { topic: 'in', partition: 0 };

function createScene(settings: Partial<RunLoopSettings> = {}, work: () => Promise<void> | void = () => undefined) {
  const seen: number[] = [];
  const commits: PartitionOffset[] = [];
  const paused: string[] = [];
  const faults = { commitsRefused: 0 };
  const clock = new ManualClock();
  const queued = (): number | undefined => runLoop.partitions()[0]?.queued;
  const definition = reading(input, () => processing<number>(({ value }) => (seen.push(value), work())));
  const runLoop: RunLoop = bareRunLoop([definition], {
    clock,
    settings,
    client: {
      pause: () => void paused.push(`pause with ${queued()}`),
      resume: () => void paused.push(`resume with ${queued()}`),
      async commit(offsets) {
        if ((faults.commitsRefused -= 1) >= 0) throw new Error('refused');
        commits.push(...offsets);
      },
    },
  });
  return { runLoop, seen, commits, paused, faults, clock };
}

const rawRecord = (offset: number) => rawRecordAt(at, offset);

test('what was fetched under an earlier assignment is not taken: its position could lie past the committed offset', async () => {
  const { runLoop, seen, commits } = createScene();
  runLoop.assign([at]);
  const before = runLoop.epoch;
  runLoop.assign([at]);
  expect(runLoop.deliver(before, at, [rawRecord(500)], 600n)).toBeNull();
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(450)], 600n)).toMatchObject({ last: 450n });
  await turn();
  await runLoop.stop();
  expect(seen).toEqual([450]);
  expect(commits).toEqual([{ ...at, nextOffset: 451n }]);
});

test('what is fetched twice under one assignment is processed once', async () => {
  const { runLoop, seen } = createScene();
  runLoop.assign([at]);
  runLoop.deliver(runLoop.epoch, at, [0, 1].map(rawRecord), 3n);
  await turn();
  expect(runLoop.deliver(runLoop.epoch, at, [0, 1, 2].map(rawRecord), 3n)).toMatchObject({ last: 2n });
  await turn();
  await runLoop.stop();
  expect(seen).toEqual([0, 1, 2]);
});

test('a partition that is not assigned, or a loop that has stopped, takes nothing', async () => {
  const { runLoop } = createScene();
  runLoop.assign([]);
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n)).toBeNull();
  await runLoop.stop();
  runLoop.assign([at]);
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n)).toBeNull();
  expect(runLoop.partitions()).toEqual([]);
});

test('a partition that was lost is not reported, and nothing of it is committed', async () => {
  const { runLoop, commits } = createScene();
  runLoop.assign([at]);
  runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n);
  await turn();
  expect(runLoop.partitions()).toMatchObject([{ ...at, nextOffset: 1n }]);
  runLoop.lost();
  expect([runLoop.partitions(), await runLoop.commit(), commits]).toEqual([[], true, []]);
  runLoop.assign([at]);
  expect(runLoop.partitions()).toMatchObject([at]);
});

test('an assignment that comes while a revoke drains is not fenced by the end of that revoke', async () => {
  const gate = createGate();
  const { runLoop, seen, commits } = createScene({}, () => gate.passed);
  runLoop.assign([at]);
  runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 2n);
  await turn();
  const revoked = runLoop.revoke();
  await turn();
  runLoop.lost();
  runLoop.assign([at]);
  gate.open();
  await revoked;
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 2n)).toMatchObject({ last: 0n });
  await turn();
  await runLoop.stop();
  expect([seen, commits]).toEqual([[0, 0], [{ ...at, nextOffset: 1n }]]);
});

test('the last commit is tried once more when it is refused', async () => {
  const { runLoop, commits, faults } = createScene();
  runLoop.assign([at]);
  runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n);
  await turn();
  faults.commitsRefused = 1;
  await runLoop.stop();
  expect(commits).toEqual([{ ...at, nextOffset: 1n }]);
});

test('an offset is committed again in a new assignment: somebody may have set the group back', async () => {
  const { runLoop, commits } = createScene();
  for (let assignment = 0; assignment < 2; assignment += 1) {
    runLoop.assign([at]);
    runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n);
    await turn();
    await runLoop.commit();
    await runLoop.commit();
  }
  expect(commits).toEqual([
    { ...at, nextOffset: 1n },
    { ...at, nextOffset: 1n },
  ]);
});

test('a full queue pauses its partition, and half of it resumes it', async () => {
  let goOn = (): void => undefined;
  const work = (): Promise<void> => new Promise((resolve) => (goOn = resolve));
  const { runLoop, paused } = createScene({ queueRecordsMax: 10 }, work);
  runLoop.assign([at]);
  runLoop.deliver(
    runLoop.epoch,
    at,
    Array.from({ length: 12 }, (_, n) => rawRecord(n)),
    12n,
  );
  for (let n = 0; n < 12; n += 1) {
    await turn();
    goOn();
  }
  await turn();
  expect(paused).toEqual(['pause with 12', 'resume with 4']);
});

test('a queue that is full of bytes pauses its partition too', async () => {
  let goOn = (): void => undefined;
  const work = (): Promise<void> => new Promise((resolve) => (goOn = resolve));
  const { runLoop, paused } = createScene({ queueBytesMax: 10 }, work);
  runLoop.assign([at]);
  runLoop.deliver(
    runLoop.epoch,
    at,
    Array.from({ length: 12 }, (_, n) => rawRecord(n)), // ten of one byte, two of two
    12n,
  );
  for (let n = 0; n < 12; n += 1) {
    await turn();
    goOn();
  }
  await turn();
  expect(paused).toEqual(['pause with 12', 'resume with 2']);
});

test('a record that is larger than all bounds is taken when nothing else waits', async () => {
  const { runLoop, seen } = createScene({ queueBytesMax: 2 });
  runLoop.assign([at]);
  const large = { ...rawRecord(1), value: Buffer.from('123456789') };
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(0), large], 2n)).toMatchObject({ last: 0n });
  await turn();
  expect(runLoop.deliver(runLoop.epoch, at, [large], 2n)).toMatchObject({ last: 1n });
  await turn();
  expect(seen).toEqual([0, 123_456_789]);
});

test('a record that is dated ahead and is stuck looks as old as it has been here', async () => {
  const { runLoop, clock } = createScene({}, () => new Promise(() => undefined));
  runLoop.assign([at]);
  await turn();
  runLoop.deliver(runLoop.epoch, at, [{ ...rawRecord(0), timestamp: clock.now() + 60_000 }], 1n);
  await clock.advance(30_000);
  expect(runLoop.partitions()).toMatchObject([{ lag: 1, lagAgeMs: 30_000 }]);
});

test('a batch of a task in order is handled when its records are done, or when inlineBatchMs have passed', async () => {
  const gates = [createGate(), createGate()];
  let begun = 0;
  const { runLoop, clock } = createScene({ inlineBatchMs: 200 }, () => gates[begun++]?.passed);
  runLoop.assign([at]);
  await turn();
  const ends: string[] = [];
  const deliver = (offset: number): void => {
    const startedAt = clock.now();
    const handled = runLoop.deliver(runLoop.epoch, at, [rawRecord(offset)], 2n)?.handled;
    void handled?.then((isDone) => ends.push(`${isDone ? 'done' : 'left'} after ${clock.now() - startedAt}`));
  };
  deliver(0);
  await clock.advance(150);
  expect(ends).toEqual([]);
  gates[0]?.open();
  await turn();
  deliver(1);
  await clock.advance(1_000);
  expect(ends).toEqual(['done after 150', 'left after 200']);
  gates[1]?.open();
  await runLoop.stop();
});

test('two tasks for one topic are refused', () => {
  const definition = reading(input, () => processing(() => undefined));
  expect(() => bareRunLoop([definition, definition])).toThrow('two tasks read in');
});

test('a loop that has failed takes nothing more, though its group gives it partitions', async () => {
  const { runLoop, seen } = createScene();
  expect(() => runLoop.fail(new Error('a bug'))).toThrow('a bug');
  runLoop.assign([at]);
  expect(runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n)).toBeNull();
  await turn();
  expect(seen).toEqual([]);
  await runLoop.stop();
});

test('a record of an assignment that was replaced is not tried again, though nobody said that it was lost', async () => {
  const gate = createGate();
  const { runLoop, seen, clock } = createScene({ retryFirstMs: 10, retryMostMs: 10 }, async () => {
    await gate.passed;
    throw failing('retry', 'DOWN');
  });
  runLoop.assign([at]);
  await turn();
  runLoop.deliver(runLoop.epoch, at, [rawRecord(0)], 1n);
  runLoop.assign([at]);
  gate.open();
  await clock.advance(1_000);
  expect(seen).toEqual([0]);
  await runLoop.stop();
});

test('where outputs wait for the log, the room that an acknowledgement makes goes round among the partitions', async () => {
  const begun: number[] = [];
  const task = processing<number>(({ partition }, collector) => {
    begun.push(partition);
    collector.send(input, 'k', 0);
  });
  const runLoop = bareRunLoop([reading(input, () => task)], {
    settings: { outputRecordsMax: 2, produceRecordsMax: 2 },
  });
  const partitions = [0, 1, 2].map((partition) => ({ topic: 'in', partition }));
  runLoop.assign(partitions);
  await turn();
  for (const each of partitions)
    runLoop.deliver(
      runLoop.epoch,
      each,
      Array.from({ length: 10 }, (_, n) => ({ ...rawRecord(n), ...each })),
      10n,
    );
  await turn();
  expect(begun).toHaveLength(30);
  expect(new Set(begun.slice(0, 6))).toEqual(new Set([0, 1, 2]));
  await runLoop.stop();
});
