import type { OutboxRow, OutboxSession } from '@porchlight/property-catalog';
import { fateOf, type Clock } from '@porchlight/stream';
import type { ChangeLog, ChangeRecord } from './change-log.ts';
import { keepingAlive } from './keeping-alive.ts';

export interface RoundPorts {
  readonly outbox: OutboxSession;
  readonly log: ChangeLog;
  /** @throws with fate `park` for a row that no record can be made of */
  readonly recordOf: (row: OutboxRow) => ChangeRecord;
  readonly clock: Clock;
  readonly onPublished: (topic: string, records: number) => void;
  readonly onBuried: (row: OutboxRow, error: Error) => void;
}

export interface RoundLimits {
  /** Rows read, published and deleted at a time: what a round holds in memory. */
  readonly rowsMax: number;
  /** How often the session is asked whether it lives while Kafka is waited for, milliseconds. */
  readonly pingMs: number;
  /**
   * While changes keep coming, a round goes on for so long before it writes its T, milliseconds; 0: it ends with its snapshot. A change then waits for
   * the batch before it, and not for T's statements and Kafka's metadata.
   */
  readonly roundMs: number;
}

export interface Round {
  /** Rows that left the outbox. */
  readonly rows: number;
  /** T, if this round wrote it; null while rows lie aside that nobody published. */
  readonly publishedUntilAt: number | null;
  /** Rows that lie aside. */
  readonly buried: number;
  readonly partitions: Record<string, number>;
}

/**
 * One round: T, then a snapshot, then every row that the snapshot shows, in order of id: publish, delete; then write T.
 *
 * Whole, with bounded memory: T is read first, and written only when no row is left up to the highest id that the first
 * reading saw. Rows are read anew each time and taken away by id, never "after the last id": a row that commits late has a
 * low id and is simply the first of the next reading. A round ends although others keep writing, since only so many ids
 * lie below that highest one.
 *
 * In order: within a key, ids are in the order of commits (the writer held the row's lock when it drew the id), and a
 * reading shows each transaction whole, so a later change is never read before an earlier one.
 *
 * At least once: a crash between publish and delete leaves the rows, and they are published again.
 *
 * @param known the partition counts of the last round, if there was one: read again only when something was published
 *              since, for only then a topic that grew can have records in its new partitions
 */
export async function runRound(ports: RoundPorts, limits: RoundLimits, known?: Record<string, number>): Promise<Round> {
  const { outbox, log, clock } = ports;
  const publishedUntilAt = await outbox.clock();
  const rows = await emptySnapshot(ports, limits);
  const partitions =
    known === undefined || rows > 0
      ? await keepingAlive(log.partitions(), { outbox, log, clock, pingMs: limits.pingMs })
      : known;
  // A buried change is in no topic: as long as one lies there, nobody may be told that all are. Hits are checked instead.
  const buried = await outbox.buried();
  if (buried > 0) return { rows, publishedUntilAt: null, buried, partitions };
  await outbox.writeProgress({ publishedUntilAt, partitions });
  return { rows, publishedUntilAt, buried, partitions };
}

async function emptySnapshot(ports: RoundPorts, limits: RoundLimits): Promise<number> {
  const beganAt = ports.clock.now();
  let snapshotEnd: number | undefined;
  let isEmptied = false;
  let rows = 0;
  for (;;) {
    const batch = await ports.outbox.read(limits.rowsMax);
    snapshotEnd ??= batch.lastId;
    if (batch.rows.length > 0) await publishBatch(ports, limits, batch.rows);
    rows += batch.rows.length;
    const lastRead = batch.rows.at(-1)?.id ?? snapshotEnd;
    isEmptied ||= batch.rows.length < limits.rowsMax || lastRead >= snapshotEnd;
    if (isEmptied && (batch.rows.length === 0 || isOver(beganAt, ports.clock.now(), limits.roundMs))) return rows;
  }
}

/** Also when the clock was set back: while changes keep coming nothing else would end the round, and T would stand still for as long. */
const isOver = (beganAt: number, now: number, roundMs: number): boolean => now < beganAt || now >= beganAt + roundMs;

async function publishBatch(ports: RoundPorts, { pingMs }: RoundLimits, rows: readonly OutboxRow[]): Promise<void> {
  const { outbox, log, clock } = ports;
  const { sound, bad } = sort(rows, ports.recordOf);
  const records = sound.map(({ record }) => record);
  if (records.length > 0) await keepingAlive(log.publish(records), { outbox, log, clock, pingMs });
  await outbox.remove(sound.map(({ id }) => id));
  for (const topic of new Set(records.map((record) => record.topic))) {
    ports.onPublished(topic, records.filter((record) => record.topic === topic).length);
  }
  for (const { row, error } of bad) {
    await outbox.bury(row.id, error.message);
    ports.onBuried(row, error);
  }
}

/** Which rows make records, and which never will; any other error ends the round. */
function sort(rows: readonly OutboxRow[], recordOf: RoundPorts['recordOf']) {
  const sound: { id: number; record: ChangeRecord }[] = [];
  const bad: { row: OutboxRow; error: Error }[] = [];
  for (const row of rows) {
    try {
      sound.push({ id: row.id, record: recordOf(row) });
    } catch (error) {
      if (fateOf(error) !== 'park' || !(error instanceof Error)) throw error;
      bad.push({ row, error });
    }
  }
  return { sound, bad };
}
