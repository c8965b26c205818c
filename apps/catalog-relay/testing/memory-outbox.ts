import { CatalogUnavailable, type OutboxRow, type OutboxSession } from '@porchlight/property-catalog';

type NewRow = Omit<OutboxRow, 'id'>;

/** A database with an outbox, for tests: transactions that commit when told, one lock, sessions that end when told. */
export function memoryOutbox(now: () => number) {
  const visible = new Map<number, OutboxRow>();
  const dead: { row: OutboxRow; error: string }[] = [];
  const progress: { publishedUntilAt: number; partitions: Record<string, number> }[] = [];
  const sessions = new Set<OutboxSession>();
  const wakers = new Set<() => void>();
  let lastId = 0;
  let leader: OutboxSession | undefined;

  const ring = (): void => [...wakers].forEach((wake) => wake());
  /** Draws the id now; the row is seen when the returned function is called. */
  const begin = (row: NewRow): (() => void) => {
    lastId += 1;
    const id = lastId;
    return () => {
      visible.set(id, { ...row, id });
      ring();
    };
  };
  const end = (session: OutboxSession): void => {
    sessions.delete(session);
    if (leader === session) leader = undefined;
    ring();
  };

  const open = (): OutboxSession => {
    const ifAlive = async <T>(work: () => T): Promise<T> => {
      if (!sessions.has(session)) throw new CatalogUnavailable('the session has ended');
      return work();
    };
    const session: OutboxSession = {
      lead: () =>
        ifAlive(() => {
          leader ??= session;
          return leader === session;
        }),
      clock: () => ifAlive(now),
      read: (rowsMax) =>
        ifAlive(() => {
          const rows = [...visible.values()].sort((a, b) => a.id - b.id);
          return { rows: rows.slice(0, rowsMax), lastId: rows.at(-1)?.id ?? 0 };
        }),
      remove: (ids) => ifAlive(() => ids.forEach((id) => visible.delete(id))),
      bury: (id, error) =>
        ifAlive(() => {
          const row = visible.get(id);
          if (row !== undefined) dead.push({ row, error });
          visible.delete(id);
        }),
      buried: () => ifAlive(() => dead.length),
      writeProgress: (written) => ifAlive(() => void progress.push(written)),
      ping: () => ifAlive(() => undefined),
      changed: () =>
        new Promise((resolve) => {
          const wake = (): void => {
            wakers.delete(wake);
            resolve();
          };
          wakers.add(wake);
        }),
      close: async () => end(session),
    };
    sessions.add(session);
    return session;
  };

  return {
    begin,
    commit: (row: NewRow): void => begin(row)(),
    open,
    /** As when the server ends a connection. */
    kill: end,
    killLeader: (): void => {
      if (leader !== undefined) end(leader);
    },
    /** As when the poll's time is over. */
    ring,
    isWaitedFor: (): boolean => wakers.size > 0,
    left: () => [...visible.keys()],
    dead,
    progress,
  };
}
