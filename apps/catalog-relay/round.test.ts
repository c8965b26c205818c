import { describe, expect, test } from '@jest/globals';
import type { OutboxRow } from '@porchlight/property-catalog';
import { ManualClock, turn } from '@porchlight/stream';
import type { ChangeRecord } from './change-log.ts';
import { BadOutboxRow } from './change-record.ts';
import { runRound, type RoundLimits } from './round.ts';
import { memoryChangeLog } from './testing/memory-change-log.ts';
import { memoryOutbox } from './testing/memory-outbox.ts';

const START = 1_000_000;
const limits: RoundLimits = { rowsMax: 3, pingMs: 1_000, roundMs: 0 };
const row = (key: string, version: number) => ({ type: 'T', aggregateId: key, payload: version });
const recordOf = ({ aggregateId, payload }: OutboxRow): ChangeRecord => {
  if (payload === 'bad') throw new BadOutboxRow('T with a wrong payload');
  return { topic: 'changes', key: aggregateId, value: Buffer.from(String(payload)) };
};

function setUp() {
  const clock = new ManualClock(START);
  const database = memoryOutbox(() => clock.now());
  const kafka = memoryChangeLog({ changes: 12 });
  const published: [string, number][] = [];
  const buried: number[] = [];
  const ports = {
    outbox: database.open(),
    log: kafka.log,
    recordOf,
    clock,
    onPublished: (topic: string, records: number) => void published.push([topic, records]),
    onBuried: ({ id }: OutboxRow) => void buried.push(id),
  };
  const writtenRecords = () => kafka.written.map(({ key, value }) => `${key} ${value.toString()}`);
  return { clock, database, kafka, ports, published, buried, writtenRecords };
}

describe('a round', () => {
  test('publishes every row in order of id, deletes them, and writes T with the partition counts', async () => {
    const { database, ports, published, writtenRecords } = setUp();
    for (const [key, version] of [
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['a', 3],
      ['b', 2],
    ] as const)
      database.commit(row(key, version));
    const round = await runRound(ports, limits);
    expect(writtenRecords()).toEqual(['a 1', 'b 1', 'a 2', 'a 3', 'b 2']);
    expect(database.left()).toEqual([]);
    expect(database.progress).toEqual([{ publishedUntilAt: START, partitions: { changes: 12 } }]);
    expect(published).toEqual([
      ['changes', 3],
      ['changes', 2],
    ]);
    expect(round).toEqual({ rows: 5, publishedUntilAt: START, buried: 0, partitions: { changes: 12 } });
  });

  test('with nothing to publish moves T, and asks Kafka only the first time', async () => {
    const { clock, database, kafka, ports } = setUp();
    const first = await runRound(ports, limits);
    await clock.advance(1_000);
    kafka.setDown(true);
    await runRound(ports, limits, first.partitions);
    expect(database.progress.map(({ publishedUntilAt }) => publishedUntilAt)).toEqual([START, START + 1_000]);
    expect(kafka.partitionReads()).toBe(1);
  });

  test('counts partitions anew after it published: a topic that grew may have records in the new ones', async () => {
    const { database, kafka, ports } = setUp();
    const { partitions } = await runRound(ports, limits);
    kafka.counts['changes'] = 24;
    database.commit(row('a', 1));
    expect((await runRound(ports, limits, partitions)).partitions).toEqual({ changes: 24 });
    expect(database.progress.at(-1)?.partitions).toEqual({ changes: 24 });
  });

  test('T is the clock before the snapshot, not after the publishing', async () => {
    const { clock, database, kafka, ports } = setUp();
    database.commit(row('a', 1));
    kafka.hold();
    const round = runRound(ports, limits);
    await clock.advance(400);
    kafka.release();
    expect((await round).publishedUntilAt).toBe(START);
  });

  test('a row that commits late, behind ids that are published already, is published by the next round', async () => {
    const { database, ports, writtenRecords } = setUp();
    const commitLate = database.begin(row('late', 1));
    database.commit(row('b', 1));
    await runRound(ports, limits);
    commitLate();
    await runRound(ports, limits);
    expect(writtenRecords()).toEqual(['b 1', 'late 1']);
    expect(database.left()).toEqual([]);
  });

  test('ends although others keep writing, with everything published that its snapshot showed', async () => {
    const { database, kafka, ports, writtenRecords } = setUp();
    for (const version of [1, 2, 3, 4]) database.commit(row('a', version));
    let version = 4;
    const publish = kafka.log.publish.bind(kafka.log);
    const busy = {
      ...kafka.log,
      publish: async (records: readonly ChangeRecord[]) => {
        for (let more = 0; more < limits.rowsMax && version < 100; more += 1) database.commit(row('a', (version += 1)));
        await publish(records);
      },
    };
    expect((await runRound({ ...ports, log: busy }, limits)).publishedUntilAt).toBe(START);
    expect(writtenRecords().slice(0, 4)).toEqual(['a 1', 'a 2', 'a 3', 'a 4']);
    expect(database.left().length).toBeGreaterThan(0);
  });

  test('goes on with what comes meanwhile, for so long, and its T is the one of its begin', async () => {
    const { clock, database, kafka, ports, writtenRecords } = setUp();
    const publish = kafka.log.publish.bind(kafka.log);
    let version = 1;
    database.commit(row('a', version));
    const slow = {
      ...kafka.log,
      publish: async (records: readonly ChangeRecord[]) => {
        await clock.advance(200);
        database.commit(row('a', (version += 1)));
        await publish(records);
      },
    };
    const round = await runRound({ ...ports, log: slow }, { ...limits, roundMs: 500 });
    expect([round.rows, writtenRecords()]).toEqual([3, ['a 1', 'a 2', 'a 3']]);
    expect(database.progress).toEqual([{ publishedUntilAt: START, partitions: { changes: 12 } }]);
    expect(database.left()).toEqual([4]);
  });

  test('ends when the clock is set back while changes keep coming: T must not stand still until it has caught up', async () => {
    const { clock, database, kafka, ports } = setUp();
    const publish = kafka.log.publish.bind(kafka.log);
    let setBackMs = 0;
    let version = 1;
    database.commit(row('a', version));
    const log = {
      ...kafka.log,
      publish: async (records: readonly ChangeRecord[]) => {
        if (version < 20) database.commit(row('a', (version += 1)));
        if (version === 3) setBackMs = 3_600_000;
        await publish(records);
      },
    };
    const steppedClock = { now: () => clock.now() - setBackMs, after: clock.after.bind(clock) };
    const round = await runRound({ ...ports, log, clock: steppedClock }, { ...limits, roundMs: 500 });
    expect(round.rows).toBe(2);
    expect(database.progress).toEqual([{ publishedUntilAt: START, partitions: { changes: 12 } }]);
  });

  test('that may go on ends as soon as nothing is left', async () => {
    const { database, ports, writtenRecords } = setUp();
    database.commit(row('a', 1));
    const round = await runRound(ports, { ...limits, roundMs: 60_000 });
    expect([round.rows, writtenRecords()]).toEqual([1, ['a 1']]);
  });

  test('a crash between publish and delete repeats the rows, and T was not written', async () => {
    const { database, ports, writtenRecords } = setUp();
    database.commit(row('a', 1));
    database.commit(row('a', 2));
    const crashing = { ...ports.outbox, remove: () => Promise.reject(new Error('the process is gone')) };
    await expect(runRound({ ...ports, outbox: crashing }, limits)).rejects.toThrow('the process is gone');
    expect([database.left().length, database.progress]).toEqual([2, []]);
    await runRound({ ...ports, outbox: database.open() }, limits);
    expect(writtenRecords()).toEqual(['a 1', 'a 2', 'a 1', 'a 2']);
  });

  test('while Kafka is down nothing is deleted and T is not written', async () => {
    const { database, kafka, ports } = setUp();
    database.commit(row('a', 1));
    kafka.setDown(true);
    await expect(runRound(ports, limits)).rejects.toMatchObject({ fate: 'retry' });
    expect([database.left().length, database.progress]).toEqual([1, []]);
  });

  test('a row that makes no record is put aside, the others go on, and T stands still until it is gone', async () => {
    const { database, ports, buried, writtenRecords } = setUp();
    database.commit(row('a', 1));
    database.commit({ type: 'T', aggregateId: 'a', payload: 'bad' });
    database.commit(row('b', 1));
    expect(await runRound(ports, limits)).toMatchObject({ rows: 3, publishedUntilAt: null, buried: 1 });
    expect([writtenRecords(), buried, database.left(), database.progress]).toEqual([['a 1', 'b 1'], [2], [], []]);
    expect(database.dead.map(({ row: { id }, error }) => [id, error])).toEqual([[2, 'T with a wrong payload']]);
    database.dead.length = 0;
    expect(await runRound(ports, limits)).toMatchObject({ publishedUntilAt: START, buried: 0 });
  });

  test('an error that is no matter of the row ends the round, and buries nothing', async () => {
    const { database, ports } = setUp();
    database.commit(row('a', 1));
    const bug = () => {
      throw new TypeError('prepare() was not called');
    };
    await expect(runRound({ ...ports, recordOf: bug }, limits)).rejects.toThrow(TypeError);
    expect([database.left(), database.dead]).toEqual([[1], []]);
  });

  test('a session that ends while Kafka is waited for ends the round, and what was not acknowledged is not written', async () => {
    const { clock, database, kafka, ports, writtenRecords } = setUp();
    database.commit(row('a', 1));
    kafka.hold();
    const round = runRound(ports, limits);
    const outcome = round.catch((error: unknown) => error);
    while (kafka.heldCount() === 0) await turn();
    await clock.advance(5_000); // the session is alive: it goes on waiting
    expect(kafka.heldCount()).toBe(1);
    database.kill(ports.outbox);
    await clock.advance(limits.pingMs);
    expect(await outcome).toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
    kafka.release();
    expect([writtenRecords(), database.left()]).toEqual([[], [1]]);
  });
});
