import type { OutboxRow, OutboxSession } from '@porchlight/property-catalog';
import { codeOf, fateOf, type Clock } from '@porchlight/stream';
import type { ChangeLog, ChangeRecord } from './change-log.ts';
import { runRound, type Round, type RoundLimits } from './round.ts';

/** `active` publishes; `standby` asks for the lock; `connecting` has no session. */
export type RelayRole = 'active' | 'standby' | 'connecting';

/** Who is told what the relay does. */
export interface RelayReport {
  role(role: RelayRole): void;
  round(round: Round, durationMs: number): void;
  published(topic: string, records: number): void;
  buried(row: OutboxRow, error: Error): void;
  /** The session has ended; another is opened. */
  sessionLost(error: unknown): void;
  /** Kafka does not answer; the round is begun again. */
  waits(error: unknown): void;
}

export interface RelayPorts {
  /** Opens a session, waiting for PostgreSQL as long as it takes; rejects only when the process is asked to stop. */
  readonly openOutbox: () => Promise<OutboxSession>;
  readonly log: ChangeLog;
  readonly recordOf: (row: OutboxRow) => ChangeRecord;
  readonly clock: Clock;
  readonly report: RelayReport;
}

export interface RelayLimits extends RoundLimits {
  /** The longest pause between rounds, and between two tries to lead, milliseconds. */
  readonly pollMs: number;
}

/**
 * Publishes the outbox as long as this process leads, and stands by otherwise.
 *
 * In    outbox of the property database, on the session that holds the lock
 * Out   the three catalogue topics; T and partition counts in relay_progress
 * Loss  none: rows are deleted after Kafka has them, so a crash repeats some. After a takeover an older change may be
 *       repeated behind a newer one, if the old relay's last request was still on its way: readers compare versions.
 *
 * @returns when `signal` is aborted. @throws an error that no wait mends
 */
export async function runRelay(ports: RelayPorts, limits: RelayLimits, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    ports.report.role('connecting');
    const outbox = await ports.openOutbox().catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (outbox === undefined) return;
    try {
      await serve(ports, limits, signal, outbox);
    } catch (error) {
      if (fateOf(error) !== 'retry') throw error;
      ports.report.role('connecting'); // the lock went with it
      ports.report.sessionLost(error);
      await pause(ports.clock, limits.pollMs, signal);
    } finally {
      await outbox.close().catch(() => undefined);
    }
  }
}

/** Until the session ends, which is an error of the catalogue. */
async function serve(
  ports: RelayPorts,
  limits: RelayLimits,
  signal: AbortSignal,
  outbox: OutboxSession,
): Promise<void> {
  const { clock, report } = ports;
  let partitions: Record<string, number> | undefined;
  while (!signal.aborted) {
    if (!(await outbox.lead())) {
      report.role('standby');
      await pause(clock, limits.pollMs, signal);
      continue;
    }
    report.role('active');
    const startedAt = clock.now();
    try {
      const round = await runRound(roundPorts(ports, outbox), limits, partitions);
      partitions = round.partitions;
      report.round(round, clock.now() - startedAt);
    } catch (error) {
      if (codeOf(error, '') === 'CATALOG_UNAVAILABLE' || fateOf(error) !== 'retry') throw error;
      if (!signal.aborted) report.waits(error);
      await pause(clock, limits.pollMs, signal);
      continue;
    }
    if (!signal.aborted) await outbox.changed(limits.pollMs);
  }
}

const roundPorts = ({ log, recordOf, clock, report }: RelayPorts, outbox: OutboxSession) => ({
  outbox,
  log,
  recordOf,
  clock,
  onPublished: (topic: string, records: number) => report.published(topic, records),
  onBuried: (row: OutboxRow, error: Error) => report.buried(row, error),
});

/** Ends early when the process is asked to stop. */
async function pause(clock: Clock, pauseMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = clock.after(pauseMs, resolve);
    signal.addEventListener('abort', () => (timer.cancel(), resolve()), { once: true });
  });
}
