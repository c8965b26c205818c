import { endOf, hasRule, saysFate, type Stage } from '../error-policy.ts';
import { StreamError } from '../errors.ts';
import { codeOf, errorOf, fateOf } from '../fate.ts';
import type { Outcome } from '../metrics.ts';
import type { RawRecord, StreamRecord, StreamTask } from '../port.ts';
import { checkRecord, isFromFuture } from './check-record.ts';
import { deadLetterOf } from './dead-letter.ts';
import { decodeRecord } from './decode-record.ts';
import type { LaneInput, LanePorts, Lease } from './lane-ports.ts';
import { isPending, type MaybePromise } from './maybe-promise.ts';
import type { OutgoingRecord } from './output-batcher.ts';
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
  exclusively<T>(run: () => MaybePromise<T>): MaybePromise<T>;
  /** The same for `process`: what it writes to the task's state counts only if it succeeds under a valid lease. */
  attempt<T>(run: () => MaybePromise<T>, lease: Lease, key: string | null): MaybePromise<T>;
  /** Waits before the next try; false if the lease under which the record was begun ends, or has ended. */
  backOff(attempt: number, code: string, lease: Lease): Promise<boolean>;
  /** True for a record that gives way to a newer one of its key. */
  isSuperseded(raw: RawRecord): boolean;
  /** The record's dependency answered. */
  recovered(): void;
}

/** How a record ended. Its offset must not be committed before its outputs, if it has any, are acknowledged. */
export type Settled =
  { readonly end: 'done'; readonly outputs: readonly OutgoingRecord[] | undefined } | { readonly end: 'abandoned' };

const ABANDONED: Settled = { end: 'abandoned' };
const DONE: Settled = { end: 'done', outputs: undefined };

/** One record under one lease, and how far it has come. */
interface Work {
  readonly raw: RawRecord;
  readonly lease: Lease;
  stage: Stage;
}

/**
 * Brings one record to its end: processed, dropped or parked; or abandoned, when its lease ended first. Under a lost lease it tries
 * nothing and sends nothing: the record comes again, and what it costs would be paid twice.
 *
 * @returns a promise only if something has to be waited for
 * @throws what must stop the process, always by that promise
 */
export function settleRecord(host: RecordHost, raw: RawRecord, lease: Lease): MaybePromise<Settled> {
  const work: Work = { raw, lease, stage: 'decode' };
  const run = (): MaybePromise<Settled> => tryOnce(host, work);
  try {
    const settled = run();
    return isPending(settled) ? settled.then(undefined, (thrown) => untilEnded(host, work, { run, thrown })) : settled;
  } catch (thrown) {
    return untilEnded(host, work, { run, thrown });
  }
}

/** Who is told how the outputs of a record ended. */
interface OutputsEnd {
  /** @param isDone  true: acknowledged, or given up by the policy; false: abandoned, the record comes again */
  readonly ended: (isDone: boolean) => void;
  /** Something that must stop the process. */
  readonly failed: (error: unknown) => void;
}

/** Sends what a settled record made, and tells once how that ended. */
export function sendOutputs(
  host: RecordHost,
  { raw, lease, outputs }: { raw: RawRecord; lease: Lease; outputs: readonly OutgoingRecord[] },
  { ended, failed }: OutputsEnd,
): void {
  const isWanted = (): boolean => lease.valid;
  const run = (): Promise<Settled> => host.ports.outputs.submit(outputs, isWanted).then(() => DONE);
  host.ports.outputs.send(outputs, {
    isWanted,
    acknowledged: () => ended(true),
    refused(thrown) {
      const settled = untilEnded(host, { raw, lease, stage: 'produce' }, { run, thrown });
      settled.then(({ end }) => ended(end === 'done'), failed);
    },
  });
}

/** The first try went wrong: tries again until it succeeds or the policy says otherwise. */
async function untilEnded(
  host: RecordHost,
  work: Work,
  { run, thrown: first }: { run: () => MaybePromise<Settled>; thrown: unknown },
): Promise<Settled> {
  let thrown = first;
  for (let attempt = 1; ; attempt += 1) {
    if (!work.lease.valid) return ABANDONED;
    const next = await afterFailure(host, work, { thrown, attempt });
    if (!(next instanceof Error)) return next;
    const code = codeOf(next, 'UNKNOWN');
    host.ports.metrics.retried(host.input.at, code);
    if (!(await host.backOff(attempt, code, work.lease))) return ABANDONED;
    try {
      const settled = await run();
      host.recovered();
      return settled;
    } catch (again) {
      thrown = again;
    }
  }
}

function tryOnce(host: RecordHost, work: Work): MaybePromise<Settled> {
  const { ports, input } = host;
  const { raw } = work;
  const startedAt = ports.clock.now();
  work.stage = 'decode';
  if (host.hooks?.isDone(raw.offset) === true) return DONE;
  if (host.isSuperseded(raw)) return drop(host, 'superseded');
  checkRecord(raw, ports.settings);
  checkTimestamp(host, raw);
  const record = decodeRecord(ports.serde, input.topic, raw);
  if (isPending(record)) return record.then((decoded) => processRecord(host, work, { record: decoded, startedAt }));
  return processRecord(host, work, { record, startedAt });
}

interface Decoded {
  readonly record: StreamRecord<unknown>;
  /** UTC milliseconds. */
  readonly startedAt: number;
}

function processRecord(host: RecordHost, work: Work, { record, startedAt }: Decoded): MaybePromise<Settled> {
  const { ports } = host;
  const { raw, lease } = work;
  work.stage = 'process';
  if (isLate(host, record)) return drop(host, 'late');
  const collector = new RecordCollector(
    ports.serde,
    traceHeadersOf(raw),
    ports.settings.outputRecordBytesMax,
    ports.tracing,
  );
  const end = (): Settled => {
    collector.close();
    if (!lease.valid) return ABANDONED;
    return finish(host, { collector, durationMs: ports.clock.now() - startedAt });
  };
  const fail = (error: unknown): never => {
    collector.close();
    throw error;
  };
  // Asked at the last moment: the schema, or a window that ran, may have outlasted the lease.
  const call = (): MaybePromise<void> => {
    if (!lease.valid) return;
    ports.checkMembership();
    return host.task.process(record, collector);
  };
  try {
    const processed = host.attempt(call, lease, record.key);
    return isPending(processed) ? processed.then(end, fail) : end();
  } catch (error) {
    return fail(error);
  }
}

/**
 * A clock that is wrong somewhere makes no record worthless: it is processed, unless the definition has a rule for FUTURE_TIMESTAMP.
 *
 * @throws {StreamError} FUTURE_TIMESTAMP, for that rule to decide
 */
function checkTimestamp({ ports, input }: RecordHost, raw: RawRecord): void {
  const now = ports.clock.now();
  if (!isFromFuture(raw, now, ports.settings.clockAheadMsMax)) return;
  const message = `a record is dated ${raw.timestamp - now} ms ahead`;
  if (hasRule(input.definition.errors ?? {}, 'decode', 'FUTURE_TIMESTAMP'))
    throw new StreamError('FUTURE_TIMESTAMP', 'park', message);
  ports.log.warn(message, { ...input.at, offset: String(raw.offset), code: 'FUTURE_TIMESTAMP' });
}

const isLate = ({ ports, input }: RecordHost, record: StreamRecord<unknown>): boolean =>
  input.definition.deadlineOf !== undefined && ports.clock.now() > input.definition.deadlineOf(record.value);

function ended({ ports, input }: RecordHost, durationMs: number, outcome: Outcome): void {
  ports.metrics.processed(input.at, durationMs, outcome);
  ports.parking.ended();
}

/** The runtime's own drops: nothing of the task counts. `reason` is the runtime's word or an error's code. */
function drop(host: RecordHost, reason: string): Settled {
  host.ports.metrics.dropped(host.input.at, reason);
  ended(host, 0, 'dropped');
  return DONE;
}

function finish(host: RecordHost, done: { collector: RecordCollector; durationMs: number }): Settled {
  const { outputs, drops } = done.collector;
  for (const reason of drops) host.ports.metrics.dropped(host.input.at, reason);
  ended(host, done.durationMs, outputs.length === 0 && drops.length > 0 ? 'dropped' : 'processed');
  return outputs.length === 0 ? DONE : { end: 'done', outputs };
}

interface Failure {
  readonly thrown: unknown;
  readonly attempt: number;
}

/**
 * Decides what follows a failed try.
 *
 * @returns the error to wait for, or how the record ended
 * @throws what must stop the process
 */
async function afterFailure(host: RecordHost, work: Work, { thrown, attempt }: Failure): Promise<Error | Settled> {
  const error = errorOf(thrown);
  const end = endOf(host.input.definition.errors ?? {}, { stage: work.stage, error, attempt });
  if (end === 'retry') return error;
  if (end === 'crash') throw error;
  const named = withCode(error, work.stage);
  if (end === 'park') return beforeAndPark(host, work, { thrown: named, attempt });
  if (attempt > 1) host.recovered();
  return drop(host, codeOf(named, 'UNPLANNED'));
}

/** An error without a fate has no code that anybody counts by. */
function withCode(error: Error, stage: Stage): Error {
  if (saysFate(error)) return error;
  return stage === 'decode'
    ? new StreamError('UNDECODABLE', 'park', 'the value could not be decoded', { cause: error })
    : new StreamError('UNPLANNED', 'park', 'the task threw what it did not mean to', { cause: error });
}

async function beforeAndPark(host: RecordHost, work: Work, failure: Failure): Promise<Error | Settled> {
  const { raw, lease } = work;
  const error = errorOf(failure.thrown);
  try {
    await host.exclusively(() => {
      host.ports.checkMembership();
      return host.input.definition.beforePark?.(raw, error);
    });
  } catch (hookThrown) {
    // What the record had to pay is not paid: wait for it, or stop, but never park past it.
    if (fateOf(hookThrown) === 'retry') return errorOf(hookThrown);
    throw errorOf(hookThrown);
  }
  if (!lease.valid) return ABANDONED;
  await park(host, work, failure.attempt, error);
  if (failure.attempt > 1) host.recovered();
  return DONE;
}

async function park(host: RecordHost, { raw, lease }: Work, attempts: number, error: Error): Promise<void> {
  const { ports, input } = host;
  const code = codeOf(error, 'UNDECODABLE');
  const { groupId, deadLetterTopic, settings: limits } = ports;
  ports.parking.take();
  const deadLetter = deadLetterOf(raw, {
    ...{ groupId, topic: deadLetterTopic, error, attempts, now: ports.clock.now(), limits },
  });
  await ports.outputs.submit([deadLetter], () => lease.valid);
  ports.log.warn('parked a record', { ...input.at, offset: String(raw.offset), code, attempts });
  ports.metrics.parked(input.at, code);
  ended(host, 0, 'parked');
}
