import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { FACTS } from './statements.ts';

/** The messages of the extended protocol, one by one, as the driver offers them to query classes. */
interface Wire {
  parse(query: { name: string; text: string; types: number[] }): void;
  bind(config: { portal: string; statement: string; values: string[] }): void;
  execute(config: { portal: string; rows: number }): void;
  flush(): void;
  sync(): void;
  once(event: 'bindComplete', listener: () => void): void;
}

let database: TestDatabase;
let session: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase(process.env.DATABASE_URL);
  await database.query(
    `INSERT INTO porchlight.property (property_id, latitude, longitude, listing_status) VALUES ('late', 1, 1, 'active')`,
  );
  session = new pg.Client(database.databaseUrl);
  await session.connect();
});
afterAll(async () => {
  await session.end();
  await database.drop();
});

/** Runs a statement, with `between` done after its snapshot was taken (Bind) and before it runs (Execute). */
function runInTwoSteps(text: string, values: string[], between: () => Promise<unknown>): Promise<(string | null)[]> {
  return new Promise((resolve, reject) => {
    let fields: (string | null)[] = [];
    const inTwoSteps = {
      submit(wire: Wire): void {
        const goOn = async (): Promise<void> => {
          await between();
          wire.execute({ portal: '', rows: 0 });
          wire.sync();
        };
        wire.once('bindComplete', () => void goOn().catch(reject));
        wire.parse({ name: '', text, types: [] });
        wire.bind({ portal: '', statement: '', values });
        wire.flush();
      },
      handleDataRow: (row: { fields: (string | null)[] }) => (fields = row.fields),
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => resolve(fields),
      handleError: reject,
    };
    session.query(inTwoSteps as unknown as pg.Submittable);
  });
}

const now = async (): Promise<number> => {
  const [row] = await database.query<{ now: string }>('SELECT porchlight.instant_of(clock_timestamp())::text AS now');
  return Number(row?.now);
};

/** Changes the home in a later millisecond than this one. @returns an instant between this call and the commit */
const commitChange = async (): Promise<number> => {
  const startedAt = await now();
  let changedAt = startedAt;
  while (changedAt <= startedAt) changedAt = await now();
  await database.query(`UPDATE porchlight.property SET listing_status = 'off_market' WHERE property_id = 'late'`);
  return changedAt;
};

test('facts that do not hold a change yet never claim to have been read after it', async () => {
  let changedAt = 0;
  const [, , status, , , checkedAt] = await runInTwoSteps(FACTS.text, ['{late}'], async () => {
    changedAt = await commitChange();
  });
  expect(status).toBe('active');
  expect(Number(checkedAt)).toBeLessThan(changedAt);
});

test('the clock of the statement would claim just that: it is set again when the statement is executed', async () => {
  await database.query(`UPDATE porchlight.property SET listing_status = 'active' WHERE property_id = 'late'`);
  let changedAt = 0;
  const text = FACTS.text.replace('transaction_timestamp()', 'statement_timestamp()');
  const [, , status, , , checkedAt] = await runInTwoSteps(text, ['{late}'], async () => {
    changedAt = await commitChange();
  });
  expect(status).toBe('active');
  expect(Number(checkedAt)).toBeGreaterThanOrEqual(changedAt);
});
