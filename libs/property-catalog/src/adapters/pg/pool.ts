import pg from 'pg';
import { CatalogUnavailable } from '../../catalog-unavailable.ts';
import { asCatalogError } from './unavailable.ts';

export interface CatalogPoolOptions {
  readonly databaseUrl: string;
  /** Connections held at most. Default 4. */
  readonly poolMax?: number;
  /** Calls that may wait for a connection; one more is refused at once. Default 64. */
  readonly waitingMax?: number;
  /** How long a statement may run, milliseconds. Default 2,000. */
  readonly statementTimeoutMs?: number;
  /** How long a call waits for a connection, milliseconds. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /** Told about connections that broke while nobody used them; without it they are only replaced. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** A statement with a name is parsed and planned once per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** How much longer than the server we wait before we give the connection up as dead. */
const SILENCE_MARGIN_MS = 500;

export type CatalogPool = ReturnType<typeof openPool>;

/**
 * A pool whose every failure is fast and has a name. No connection is made before the first call.
 *
 * The plans are generic: a statement's plan must not depend on the first five batches that happened to come, and one plan
 * is what the EXPLAIN test looks at. JIT compilation costs more than any of these statements.
 */
export function openPool(options: CatalogPoolOptions) {
  const { databaseUrl, poolMax = 4, waitingMax = 64, statementTimeoutMs = 2_000, connectTimeoutMs = 1_000 } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: poolMax,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MARGIN_MS,
    keepAlive: true,
    application_name: 'porchlight',
    options: '-c jit=off -c plan_cache_mode=force_generic_plan',
    verify: refuseReplica,
  });
  // Without a listener an idle connection that breaks ends the process.
  pool.on('error', (error) => options.onConnectionLost?.(error));

  return {
    async query<Row extends pg.QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]> {
      if (pool.waitingCount >= waitingMax) throw new CatalogUnavailable(`${waitingMax} calls wait already`);
      try {
        return (await pool.query<Row>({ ...statement, values })).rows;
      } catch (error) {
        throw asCatalogError(error);
      }
    },

    /** Runs `work` in one transaction on one connection; anything that it throws rolls back. */
    async transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
      const client = await pool.connect().catch((error: unknown) => Promise.reject(asCatalogError(error) as Error));
      // While it is ours the pool does not listen: a connection that breaks would end the process. The query says it too.
      const onError = (): void => undefined;
      client.on('error', onError);
      try {
        await client.query('BEGIN');
        const result = await work(client);
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        client.release(true); // closed, so rolled back by the server, whatever state it is in
        throw asCatalogError(error);
      } finally {
        client.off('error', onError);
      }
    },

    async close(): Promise<void> {
      if (!pool.ending) await pool.end();
    },
  };
}

/** Facts may be read from the primary only: a replica's are old without saying so. */
function refuseReplica(client: pg.PoolClient, done: (error?: Error) => void): void {
  client.query<{ is_replica: boolean }>('SELECT pg_is_in_recovery() AS is_replica').then(
    ({ rows }) => done(rows[0]?.is_replica === true ? new CatalogUnavailable('it is a replica') : undefined),
    (error: Error) => done(error),
  );
}
