import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { CatalogUnavailable } from '../../catalog-unavailable.ts';
import type { OutboxSession } from '../../outbox.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { connectCatalog } from './pg-catalog.ts';
import { openOutbox } from './pg-outbox.ts';

let database: TestDatabase;
const sessions: OutboxSession[] = [];
const open = async (idleMsMax?: number): Promise<OutboxSession> => {
  const session = await openOutbox({
    databaseUrl: database.databaseUrl,
    ...(idleMsMax === undefined ? {} : { idleMsMax }),
  });
  sessions.push(session);
  return session;
};
const addRule = (mlsId: string) => `INSERT INTO porchlight.mls_rule VALUES ('${mlsId}', 1, 'agent', 'agent')`;
const keysOf = async (session: OutboxSession) => (await session.read(100)).rows.map(({ aggregateId }) => aggregateId);
const emptyOutbox = async (session: OutboxSession) =>
  session.remove((await session.read(100)).rows.map(({ id }) => id));
const bellOf = async (): Promise<number> => {
  const [bell] = await database.query<{ at: number }>('SELECT last_value::int AS at FROM porchlight.outbox_bell');
  return bell?.at ?? -1;
};
const killSessions = () =>
  database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'porchlight.catalog-relay' AND datname = current_database()`,
  );

beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
});
afterEach(() => Promise.all(sessions.splice(0).map((session) => session.close())));
afterAll(() => database.drop());

describe('the outbox session', () => {
  test('a row that commits late, behind higher ids, is read when it is there', async () => {
    const session = await open();
    const late = new pg.Client(database.databaseUrl);
    await late.connect();
    await late.query(`BEGIN; ${addRule('late-first')}`);
    await database.query(addRule('late-second'));
    expect(await keysOf(session)).toEqual(['late-second']);
    await emptyOutbox(session);
    await late.query('COMMIT');
    await late.end();
    expect(await keysOf(session)).toEqual(['late-first']);
    await emptyOutbox(session);
  });

  test('reads the oldest rows first, at most so many, and says how far the outbox goes', async () => {
    const session = await open();
    for (const mlsId of ['r-1', 'r-2', 'r-3']) await database.query(addRule(mlsId));
    const { rows, lastId } = await session.read(2);
    expect(rows.map(({ aggregateId, type }) => [aggregateId, type])).toEqual([
      ['r-1', 'MlsRuleChanged'],
      ['r-2', 'MlsRuleChanged'],
    ]);
    expect(rows[0]?.payload).toMatchObject({
      mlsId: 'r-1',
      ruleVersion: 1,
      activeLevel: 'agent',
      offMarketLevel: 'agent',
    });
    expect(lastId).toBe((rows[1]?.id ?? 0) + 1);
    await session.remove(rows.map(({ id }) => id));
    expect(await keysOf(session)).toEqual(['r-3']);
    await emptyOutbox(session);
    expect(await session.read(2)).toEqual({ rows: [], lastId: 0 });
  });

  test('the order of ids is that of numbers, not of their digits', async () => {
    const session = await open();
    await database.query('ALTER TABLE porchlight.outbox ALTER COLUMN id RESTART WITH 9998');
    for (const mlsId of ['n-9998', 'n-9999', 'n-10000']) await database.query(addRule(mlsId));
    expect(await keysOf(session)).toEqual(['n-9998', 'n-9999', 'n-10000']);
    expect((await session.read(2)).rows.map(({ id }) => id)).toEqual([9_998, 9_999]);
    await emptyOutbox(session);
  });

  test('one session leads; another does when that one has ended, however it ended', async () => {
    const [first, second] = [await open(), await open()];
    expect([await first.lead(), await first.lead(), await second.lead()]).toEqual([true, true, false]);
    await first.close();
    expect(await second.lead()).toBe(true);
    await killSessions();
    const third = await open();
    expect(await third.lead()).toBe(true);
    await expect(second.ping()).rejects.toBeInstanceOf(CatalogUnavailable);
  });

  test('a session that hangs is ended by the server, so that it does not hold the lock for ever', async () => {
    const hung = await open(50);
    expect(await hung.lead()).toBe(true);
    const other = await open();
    while (!(await other.lead()));
    await expect(hung.ping()).rejects.toBeInstanceOf(CatalogUnavailable);
  });

  test('is woken by a change that commits, also by one before it began to wait, and when it ends', async () => {
    const session = await open();
    const woken = session.changed(60_000);
    await database.query(addRule('bell-1'));
    await woken;
    await database.query(addRule('bell-2'));
    while (!(await keysOf(session)).includes('bell-2'));
    await session.changed(60_000);
    const ended = session.changed(60_000);
    await killSessions();
    await ended;
    await expect(session.read(1)).rejects.toBeInstanceOf(CatalogUnavailable);
    await emptyOutbox(await open());
  });

  test('no commit is announced while changes come faster than they are read, and one that was open meanwhile is found', async () => {
    const heard: string[] = [];
    const listener = new pg.Client(database.databaseUrl);
    await listener.connect();
    listener.on('notification', ({ channel }) => heard.push(channel));
    await listener.query('LISTEN porchlight_outbox');
    const session = await open();
    expect(await session.lead()).toBe(true);
    let told = 0;
    // Rung for before it waits: by then it is behind, and turns the bell off. If it waited first it was only woken: once more.
    for (; (await bellOf()) !== 0; told += 1) {
      await database.query(addRule(`told-${told}`));
      await session.ping();
      await session.changed(60_000);
    }
    while (heard.length < told) await listener.query('SELECT 1');
    await emptyOutbox(session);
    await database.query(addRule('untold'));
    const late = new pg.Client(database.databaseUrl);
    await late.connect();
    await late.query(`BEGIN; ${addRule('late')}`);
    await session.changed(60_000);
    expect(await keysOf(session)).toEqual(['untold']);
    await emptyOutbox(session);
    // Where this machine takes longer for the commit than late writers are looked for, the wait's end finds it.
    const found = session.changed(5_000);
    while ((await bellOf()) !== 1);
    await late.query('COMMIT');
    await found;
    await listener.query('SELECT 1');
    expect([await keysOf(session), heard.length]).toEqual([['late'], told]);
    await emptyOutbox(session);
    await Promise.all([late.end(), listener.end()]);
  });

  test('who leads next is told of changes, however the one before has ended', async () => {
    await database.query(`SELECT setval('porchlight.outbox_bell', 0)`);
    const session = await open();
    expect([await session.lead(), await bellOf()]).toEqual([true, 1]);
  });

  test('a buried row leaves the outbox and is kept with its reason', async () => {
    const session = await open();
    await database.query(addRule('bad'));
    const { rows } = await session.read(1);
    expect(await session.buried()).toBe(0);
    await session.bury(rows[0]?.id ?? 0, `what is wrong ${'.'.repeat(1_000)}`);
    expect([await keysOf(session), await session.buried()]).toEqual([[], 1]);
    const dead = await database.query(
      'SELECT aggregateid, type, payload->>$1 AS mls, left(error, 13) AS error FROM porchlight.outbox_dead',
      ['mlsId'],
    );
    expect(dead).toEqual([{ aggregateid: 'bad', type: 'MlsRuleChanged', mls: 'bad', error: 'what is wrong' }]);
  });

  test('progress is read back as it was written, and may go back with the clock', async () => {
    const session = await open();
    const catalog = connectCatalog({ databaseUrl: database.databaseUrl });
    expect(await catalog.relayProgress()).toBeNull();
    const now = await session.clock();
    const early = { publishedUntilAt: now - 1, partitions: { a: 3, b: 12 } };
    for (const progress of [{ publishedUntilAt: now, partitions: { a: 3 } }, early]) {
      await session.writeProgress(progress);
      const before = await session.clock();
      const read = await catalog.relayProgress();
      expect(read).toEqual({ ...progress, readAt: expect.any(Number) });
      expect(read?.readAt).toBeGreaterThanOrEqual(before);
      expect(read?.readAt).toBeLessThanOrEqual(await session.clock());
    }
    await catalog.close();
  });

  test('a database without the schema is one to wait for', async () => {
    const bare = new URL(database.databaseUrl);
    bare.pathname = '/postgres';
    await expect(openOutbox({ databaseUrl: bare.href })).rejects.toThrow('no schema porchlight yet');
  });

  test('PostgreSQL that is not there: CATALOG_UNAVAILABLE, at once', async () => {
    await expect(openOutbox({ databaseUrl: 'postgres://a:b@127.0.0.1:1/none' })).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
      fate: 'retry',
    });
  });
});
