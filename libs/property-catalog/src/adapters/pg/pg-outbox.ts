import pg from 'pg';
import { CatalogUnavailable } from '../../catalog-unavailable.ts';
import type { OutboxRow, OutboxSession } from '../../outbox.ts';
import { createOutboxBell, type OutboxBell } from './outbox-bell.ts';
import { asCatalogError } from './unavailable.ts';

export interface OutboxOptions {
  readonly databaseUrl: string;
  /** How long a statement may run, milliseconds. Default 5,000. */
  readonly statementTimeoutMs?: number;
  /** How long the connection may take, milliseconds. Default 1,000. */
  readonly connectTimeoutMs?: number;
  /**
   * After this silence the server ends the session, and another relay takes the lock: a process that hangs must not hold
   * it. Longer than the longest pause between two statements. Default 15,000.
   */
  readonly idleMsMax?: number;
}

/** The advisory lock of the one active relay; locks are per database. */
const RELAY_LOCK = 7_262_002;

const CHANNEL = 'porchlight_outbox';

/** Why a row was buried is for people to read. */
const ERROR_CHARS_MAX = 500;

/** How much longer than the server we wait before we give the session up as dead. */
const SILENCE_MARGIN_MS = 500;

const CLOCK = 'SELECT porchlight.instant_of(clock_timestamp())::text AS now';
/** Ordered by the column of the table: plain `id` would be the text beside it, where 100 comes before 99. */
const READ = `
  SELECT o.id::text, o.type, o.aggregateid, o.payload, (SELECT max(id) FROM porchlight.outbox)::text AS last_id
  FROM porchlight.outbox o ORDER BY o.id LIMIT $1`;
const REMOVE = 'DELETE FROM porchlight.outbox WHERE id = ANY ($1::bigint[])';
const BURY = `
  WITH taken AS (DELETE FROM porchlight.outbox WHERE id = $1 RETURNING *)
  INSERT INTO porchlight.outbox_dead (id, aggregatetype, aggregateid, type, payload, "timestamp", error)
  SELECT id, aggregatetype, aggregateid, type, payload, "timestamp", $2 FROM taken`;
const HAS_ROWS = 'SELECT EXISTS (SELECT FROM porchlight.outbox) AS found';
const SET_BELL = "SELECT setval('porchlight.outbox_bell', $1)";
const BURIED = 'SELECT count(*)::int AS rows FROM porchlight.outbox_dead';
/** As it was read, not the greatest so far: after a clock step back a T of the future would vouch for what is not published. */
const PROGRESS = `
  INSERT INTO porchlight.relay_progress (published_until, partitions)
  VALUES (to_timestamp($1::double precision / 1000), $2)
  ON CONFLICT (only_row) DO UPDATE SET published_until = excluded.published_until, partitions = excluded.partitions`;

type Row = { id: string; type: string; aggregateid: string; payload: unknown; last_id: string };

function createClient({
  databaseUrl,
  statementTimeoutMs = 5_000,
  connectTimeoutMs = 1_000,
  idleMsMax = 15_000,
}: OutboxOptions) {
  // Not flushed at once: what a crash of the server takes back is a deletion, so a row is published again, and a T, which
  // then is the older one. Both are allowed.
  const settings = {
    jit: 'off',
    synchronous_commit: 'off',
    idle_session_timeout: idleMsMax,
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 2,
    tcp_keepalives_count: 3,
  };
  return new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MARGIN_MS,
    keepAlive: true,
    application_name: 'porchlight.catalog-relay',
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  });
}

/**
 * A session of catalog-relay. It does not come back: when a statement fails or the connection breaks, every later call
 * throws, the lock is free for another, and the caller opens a new one.
 *
 * @throws {CatalogUnavailable} if PostgreSQL does not answer, is a replica, or has no schema yet
 */
export async function openOutbox(options: OutboxOptions): Promise<OutboxSession> {
  const client = createClient(options);
  let ended: unknown;
  const query = async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> => {
    if (ended !== undefined) throw new CatalogUnavailable('the session of the outbox has ended', { cause: ended });
    try {
      return (await client.query<R>(text, values)).rows;
    } catch (error) {
      end(error);
      throw asCatalogError(error);
    }
  };
  const bell = createOutboxBell({
    hasRows: async () => (await query<{ found: boolean }>(HAS_ROWS))[0]?.found === true,
    letRing: async (isOn) => void (await query(SET_BELL, [isOn ? 1 : 0])),
  });
  const end = (error: unknown): void => {
    ended ??= asCatalogError(error);
    bell.ring();
    void client.end().catch(() => undefined);
  };
  client.on('error', end);
  client.on('end', () => end(new CatalogUnavailable('the session of the outbox has ended')));
  client.on('notification', () => bell.ring());
  try {
    await client.connect();
  } catch (error) {
    end(error);
    throw asCatalogError(error);
  }
  const refusal = await refusalOf(query);
  if (refusal !== undefined) {
    end(refusal);
    throw refusal;
  }
  await query(`LISTEN ${CHANNEL}`);
  return sessionOver(query, bell, async () => {
    end(new CatalogUnavailable('the session of the outbox was closed'));
    await client.end();
  });
}

/** Asked once, at the start: a server that would only fail later is one to wait for. */
async function refusalOf(query: Query): Promise<CatalogUnavailable | undefined> {
  const [server] = await query<{ is_replica: boolean; is_migrated: boolean }>(
    `SELECT pg_is_in_recovery() AS is_replica, to_regclass('porchlight.outbox_bell') IS NOT NULL AS is_migrated`,
  );
  if (server?.is_replica !== false) return new CatalogUnavailable('it is a replica');
  return server.is_migrated
    ? undefined
    : new CatalogUnavailable('it has no schema porchlight yet, or an old one: migrate it');
}

type Query = <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<R[]>;

function sessionOver(query: Query, bell: OutboxBell, close: () => Promise<void>): OutboxSession {
  let isLeading = false;
  return {
    async lead() {
      // Asked for once: a session may take its own lock again and again, and each must be given back.
      if (!isLeading) {
        const [lock] = await query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${RELAY_LOCK}) AS taken`);
        isLeading = lock?.taken === true;
        // Whoever led before may have ended while the bell was off.
        if (isLeading) await query(SET_BELL, [1]);
      }
      return isLeading;
    },
    async clock() {
      const [row] = await query<{ now: string }>(CLOCK);
      return Number(row?.now);
    },
    async read(rowsMax) {
      const found = await query<Row>(READ, [rowsMax]);
      return { rows: found.map(outboxRow), lastId: Number(found[0]?.last_id ?? 0) };
    },
    async remove(ids) {
      if (ids.length > 0) await query(REMOVE, [ids]);
    },
    async bury(id, error) {
      await query(BURY, [id, error.slice(0, ERROR_CHARS_MAX)]);
    },
    async buried() {
      const [row] = await query<{ rows: number }>(BURIED);
      return row?.rows ?? 0;
    },
    async writeProgress({ publishedUntilAt, partitions }) {
      await query(PROGRESS, [publishedUntilAt, JSON.stringify(partitions)]);
    },
    async ping() {
      await query('SELECT 1');
    },
    // A session that has ended says so to the next call.
    changed: (waitMs) => bell.wait(waitMs).catch(() => undefined),
    close,
  };
}

const outboxRow = ({ id, type, aggregateid, payload }: Row): OutboxRow => ({
  id: Number(id),
  type,
  aggregateId: aggregateid,
  payload,
});
