import pg from 'pg';

const CONNECT_MS = 3_000;
const QUERY_MS = 10_000;

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, query_timeout: QUERY_MS });
  // Without a listener an idle connection that breaks ends the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Resolves when the database answers a query. */
export async function probePostgres(url: string): Promise<void> {
  await withClient(url, (client) => client.query('select 1'));
}

/** Makes the databases that are not there yet. `url` names a database that is. */
export async function createDatabases(url: string, names: string[]): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where datname = any($1)',
      [names],
    );
    const present = new Set(rows.map((row) => row.datname));
    for (const name of names.filter((each) => !present.has(each)))
      await client.query(`create database ${client.escapeIdentifier(name)}`);
  });
}
