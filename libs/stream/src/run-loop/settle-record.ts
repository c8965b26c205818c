import { codeOf, errorOf, fateOf } from '../fate.ts';
import type { RawRecord, StreamRecord, StreamTask } from '../port.ts';
import { deadLetterOf } from './dead-letter.ts';
import { decodeRecord } from './decode-record.ts';
import type { LaneInput, LanePorts, Lease } from './lane-ports.ts';
import { RecordCollector, traceHeadersOf } from './record-collector.ts';
import type { TaskHooks } from './task-hooks.ts';

/** What a record needs of its lane while it is worked on. */
export interface RecordHost {
  readonly ports: LanePorts;
  readonly input: LaneInput;
  readonly task: StreamTask<unknown>;
  /** Undefined for a task without state. */
  readonly hooks: TaskHooks | undefined;
  /** Runs a call into the task, which a window must not overlap. */
  exclusively<T>(run: () => Promise<T> | T): Promise<T>;
  /** The same for `process`: what it writes to the task's state counts only if it succeeds under a valid lease. */
  attempt<T>(run: () => Promise<T> | T, lease: Lease): Promise<T>;
  /** Waits before the next try; false if the lease under which the record was begun ends, or has ended. */
  backOff(attempt: number, code: string, lease: Lease): Promise<boolean>;
  /** True for a record that gives way to a newer one of its key. */
  isSuperseded(raw: RawRecord): boolean;
  /** The record's dependency answered. */
  recovered(): void;
}

/** How a record ended. `acknowledged` is the promise of its outputs; its offset must not be committed before. */
export type Settled =
  { readonly end: 'done'; readonly acknowledged: Promise<void> | undefined } | { readonly end: 'abandoned' };

const ABANDONED: Settled = { end: 'abandoned' };
const DONE: Settled = { end: 'done', acknowledged: undefined };

/**
 * Brings one record to its end: processed, dropped or parked; or abandoned, when its lease ended first. Under a lost lease it tries
 * nothing and sends nothing: the record comes again, and what it costs would be paid twice.
 *
 * @throws what must stop the process
 */
export async function settleRecord(host: RecordHost, raw: RawRecord, lease: Lease): Promise<Settled> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const settled = await tryOnce(host, raw, lease);
      if (attempt > 1) host.recovered();
      return settled;
    } catch (thrown) {
      if (!lease.valid) return ABANDONED;
      const next = await afterFailure(host, { raw, attempt, lease }, thrown);
      if (!(next instanceof Error)) return next;
      const code = codeOf(next, 'UNKNOWN');
      host.ports.metrics.retried(host.input.at, code);
      if (!(await host.backOff(attempt, code, lease))) return ABANDONED;
    }
  }
}

async function tryOnce(host: RecordHost, raw: RawRecord, lease: Lease): Promise<Settled> {
  const { ports, input } = host;
  const startedAt = ports.clock.now();
  if (host.hooks?.isDone(raw.offset) === true) return DONE;
  if (host.isSuperseded(raw)) return drop(host, 'superseded');
  const decoded = decodeRecord(ports.serde, input.topic, raw);
  const record = decoded instanceof Promise ? await decoded : decoded;
  if (isLate(host, record)) return drop(host, 'late');
  const collector = new RecordCollector(ports.serde, traceHeadersOf(raw), ports.settings.outputRecordBytesMax);
  try {
    // Asked at the last moment: the schema, or a window that ran, may have outlasted the lease.
    await host.attempt(() => (lease.valid ? host.task.process(record, collector) : undefined), lease);
  } finally {
    collector.close();
  }
  if (!lease.valid) return ABANDONED;
  return finish(host, collector, ports.clock.now() - startedAt);
}

/** The runtime's own drops: nothing of the task ran. */
function drop({ ports, input }: RecordHost, reason: 'late' | 'superseded'): Settled {
  ports.metrics.dropped(input.at, reason);
  ports.metrics.processed(input.at, 0, 'dropped');
  return DONE;
}

function finish({ ports, input }: RecordHost, collector: RecordCollector, durationMs: number): Settled {
  for (const reason of collector.drops) ports.metrics.dropped(input.at, reason);
  const empty = collector.outputs.length === 0;
  ports.metrics.processed(input.at, durationMs, empty && collector.drops.length > 0 ? 'dropped' : 'processed');
  return { end: 'done', acknowledged: empty ? undefined : ports.outputs.submit(collector.outputs) };
}

const isLate = ({ ports, input }: RecordHost, record: StreamRecord<unknown>): boolean =>
  input.definition.deadlineOf !== undefined && ports.clock.now() > input.definition.deadlineOf(record.value);

interface FailedTry {
  readonly raw: RawRecord;
  readonly attempt: number;
  readonly lease: Lease;
}

/**
 * Decides what follows a failed try.
 *
 * @returns the error to wait for, or how the record ended
 * @throws what must stop the process
 */
async function afterFailure(host: RecordHost, failed: FailedTry, thrown: unknown): Promise<Error | Settled> {
  const { raw, attempt, lease } = failed;
  const error = errorOf(thrown);
  const fate = fateOf(error);
  if (fate === 'retry') return error;
  if (fate === 'crash') throw error;
  try {
    await host.exclusively(() => host.input.definition.beforePark?.(raw, error));
  } catch (hookThrown) {
    // What the record had to pay is not paid: wait for it, or stop, but never park past it.
    if (fateOf(hookThrown) === 'retry') return errorOf(hookThrown);
    throw errorOf(hookThrown);
  }
  if (!lease.valid) return ABANDONED;
  await park(host, raw, attempt, error);
  if (attempt > 1) host.recovered();
  return DONE;
}

async function park({ ports, input }: RecordHost, raw: RawRecord, attempts: number, error: Error): Promise<void> {
  const code = codeOf(error, 'UNDECODABLE');
  const { groupId, deadLetterTopic } = ports;
  await ports.outputs.submit([
    deadLetterOf(raw, { groupId, topic: deadLetterTopic, error, attempts, now: ports.clock.now() }),
  ]);
  ports.log.warn('parked a record', { ...input.at, offset: String(raw.offset), code, attempts });
  ports.metrics.parked(input.at, code);
  ports.metrics.processed(input.at, 0, 'parked');
}
