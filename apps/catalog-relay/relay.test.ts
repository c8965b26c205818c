import { describe, expect, test } from '@jest/globals';
import type { OutboxRow } from '@porchlight/property-catalog';
import { ManualClock, turn } from '@porchlight/stream';
import { runRelay, type RelayReport, type RelayRole } from './relay.ts';
import { memoryChangeLog } from './testing/memory-change-log.ts';
import { memoryOutbox } from './testing/memory-outbox.ts';

const limits = { rowsMax: 10, pingMs: 1_000, pollMs: 1_000, roundMs: 500 };
const row = (key: string, payload: number) => ({ type: 'T', aggregateId: key, payload });
const recordOf = ({ aggregateId, payload }: OutboxRow) => ({
  topic: 'changes',
  key: aggregateId,
  value: Buffer.from(String(payload)),
});

/** One relay process over the given database and Kafka. */
function startRelay(
  clock: ManualClock,
  database: ReturnType<typeof memoryOutbox>,
  kafka: ReturnType<typeof memoryChangeLog>,
) {
  const roles: RelayRole[] = [];
  const waits: unknown[] = [];
  let rounds = 0;
  const report: RelayReport = {
    role: (role) => void (role !== roles.at(-1) && roles.push(role)),
    round: () => void (rounds += 1),
    published: () => undefined,
    buried: () => undefined,
    sessionLost: () => undefined,
    waits: (error) => void waits.push(error),
  };
  const stop = new AbortController();
  const openOutbox = async () => database.open();
  const done = runRelay({ openOutbox, log: kafka.log, recordOf, clock, report }, limits, stop.signal);
  return {
    roles,
    waits,
    done,
    rounds: () => rounds,
    stop: async () => {
      stop.abort();
      database.ring();
      await done;
    },
  };
}

/** Lets promises run until the fact holds; no time passes. */
async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns += 1) {
    if (turns > 1_000) throw new Error('it did not come');
    await turn();
  }
}

function setUp() {
  const clock = new ManualClock();
  const database = memoryOutbox(() => clock.now());
  const kafka = memoryChangeLog({ changes: 3 });
  const written = () => kafka.written.map(({ key, value }) => `${key} ${value.toString()}`);
  return { clock, database, kafka, written, start: () => startRelay(clock, database, kafka) };
}

describe('the relay', () => {
  test('publishes a change when it is told of it, and begins a round when the poll is over', async () => {
    const { database, written, start } = setUp();
    const relay = start();
    await until(() => database.isWaitedFor());
    database.commit(row('a', 1));
    await until(() => written().length === 1);
    await until(() => database.isWaitedFor());
    const rounds = relay.rounds();
    database.ring();
    await until(() => relay.rounds() === rounds + 1);
    expect([written(), relay.roles]).toEqual([['a 1'], ['connecting', 'active']]);
    await relay.stop();
  });

  test('a standby publishes nothing, and takes over when the active session ends', async () => {
    const { clock, database, written, start } = setUp();
    const first = start();
    await until(() => first.roles.includes('active'));
    const second = start();
    await until(() => second.roles.includes('standby'));
    database.commit(row('a', 1));
    await until(() => written().length === 1);
    await clock.advance(5_000);
    expect([second.rounds(), second.roles]).toEqual([0, ['connecting', 'standby']]);
    await first.stop();
    await clock.advance(limits.pollMs);
    await until(() => second.roles.includes('active'));
    database.commit(row('a', 2));
    await until(() => written().length === 2);
    expect(written()).toEqual(['a 1', 'a 2']);
    await second.stop();
  });

  test('whose session ends in the middle of a round opens another, and asks for the lock again', async () => {
    const { clock, database, kafka, written, start } = setUp();
    const relay = start();
    await until(() => database.isWaitedFor());
    kafka.hold();
    database.commit(row('a', 1));
    await until(() => kafka.heldCount() === 1);
    database.killLeader();
    await clock.advance(limits.pingMs);
    await until(() => relay.roles.at(-1) === 'connecting');
    kafka.release();
    await clock.advance(limits.pollMs);
    await until(() => written().length === 1);
    await relay.stop();
    expect([relay.roles, database.left()]).toEqual([['connecting', 'active', 'connecting', 'active'], []]);
  });

  test('waits for Kafka with the lock in its hand, and loses nothing', async () => {
    const { clock, database, kafka, written, start } = setUp();
    kafka.setDown(true);
    database.commit(row('a', 1));
    const relay = start();
    await until(() => relay.waits.length === 1);
    await clock.advance(3 * limits.pollMs);
    await until(() => relay.waits.length === 4);
    kafka.setDown(false);
    await clock.advance(limits.pollMs);
    await until(() => database.left().length === 0);
    expect([written(), relay.roles, relay.waits[0]]).toMatchObject([
      ['a 1'],
      ['connecting', 'active'],
      { code: 'KAFKA_UNAVAILABLE' },
    ]);
    await relay.stop();
  });

  test('ends with an error that no wait mends', async () => {
    const { clock, database, kafka } = setUp();
    database.commit(row('a', 1));
    const report = { role: () => undefined, round: () => undefined, published: () => undefined };
    const others = { buried: () => undefined, sessionLost: () => undefined, waits: () => undefined };
    const bug = () => {
      throw new TypeError('a bug');
    };
    const ports = { openOutbox: async () => database.open(), log: kafka.log, recordOf: bug, clock };
    const relay = runRelay({ ...ports, report: { ...report, ...others } }, limits, new AbortController().signal);
    await expect(relay).rejects.toThrow('a bug');
  });

  test('asked to stop while it stands by or waits for its session, it is gone at once', async () => {
    const { database, clock, start, kafka } = setUp();
    const first = start();
    await until(() => first.roles.includes('active'));
    const second = start();
    await until(() => second.roles.includes('standby'));
    await second.stop();
    await first.stop();
    const stop = new AbortController();
    const openOutbox = () =>
      new Promise<never>((_, reject) => stop.signal.addEventListener('abort', () => reject(new Error('stopping'))));
    const report = { role: () => undefined, round: () => undefined, published: () => undefined };
    const others = { buried: () => undefined, sessionLost: () => undefined, waits: () => undefined };
    const waiting = runRelay(
      { openOutbox, log: kafka.log, recordOf, clock, report: { ...report, ...others } },
      limits,
      stop.signal,
    );
    stop.abort();
    await waiting;
    expect(database.isWaitedFor()).toBe(false);
  });
});
