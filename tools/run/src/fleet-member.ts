import { join } from 'node:path';
import {
  fingerprintOf,
  logTail,
  spawnServer,
  stopServer,
  waitUntil,
  type Exit,
  type ServerSpec,
  type SpawnedServer,
} from '@porchlight/stack';
import { parseMetrics, type MetricsScrape } from '@porchlight/telemetry';
import { stopGraceMsOf } from './fleet-environment.ts';
import { FleetError } from './fleet-error.ts';
import type { MemberName } from './fleet-members.ts';
import { isReady, readyStatusOf } from './is-ready.ts';
import { residentMb } from './resident-memory.ts';

const ASK_MS = 5_000;
const READY_POLL_MS = 50;

/** An exit that nobody asked for, with the end of the log. */
export interface UnaskedExit extends Exit {
  member: MemberName;
  logFile: string;
  tail: string;
}

export interface MemberOptions {
  name: MemberName;
  /** Absolute: what Node runs. */
  script: string;
  /** The instance's data folder: in the command line, so that a later run knows its orphans. */
  folder: string;
  logFolder: string;
  environment: Record<string, string>;
  operationsUrl: string;
  nodeFlags?: readonly string[];
  onExit: (exit: UnaskedExit) => void;
}

/** One process of the fleet. */
export interface Member {
  readonly name: MemberName;
  readonly logFile: string;
  readonly operationsUrl: string;
  readonly nodeFlags: readonly string[];
  pid(): number | undefined;
  /** Spawns it; one that an earlier run left behind is stopped first. */
  start(): Promise<void>;
  /** Resolves when /readyz says so; rejects when it ends before, or `withinMs` pass. */
  ready(withinMs: number): Promise<void>;
  /** Sends a signal and waits for the end. Asked for: `onExit` is not called. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  stop(): Promise<void>;
  metrics(): Promise<MetricsScrape>;
  rssMb(): number | undefined;
}

function specOf({ name, script, folder, logFolder, environment, nodeFlags = [] }: MemberOptions): ServerSpec {
  const marker = `--porchlight-instance=${folder}`;
  const args = [...nodeFlags, script, marker];
  return {
    name,
    command: process.execPath,
    args,
    environment,
    pidFile: join(folder, 'apps', `${name}.pid`),
    logFile: join(logFolder, `${name}.log`),
    marker,
    fingerprint: fingerprintOf(...args),
  };
}

const endOf = ({ code, signal }: Exit) => (signal === null ? `exit code ${code}` : `signal ${signal}`);

const takenError = (name: string, operationsUrl: string) =>
  new FleetError(
    'PORT_TAKEN',
    `another program answers at ${operationsUrl}, where ${name} shall listen: end it, or start again to get other ports`,
  );

async function lateError({ name, logFile }: ServerSpec, withinMs: number): Promise<FleetError> {
  const tail = await logTail(logFile);
  return new FleetError(
    'APP_NOT_READY',
    `${name} was not ready within ${withinMs / 1000} s. The end of ${logFile}:\n${tail}`,
  );
}

async function goneError({ name, logFile }: ServerSpec, exit: Exit | undefined): Promise<FleetError> {
  const how = exit === undefined ? 'was stopped while it started' : `ended while it started (${endOf(exit)})`;
  return new FleetError('APP_DIED', `${name} ${how}. The end of ${logFile}:\n${await logTail(logFile)}`);
}

export function createMember(options: MemberOptions): Member {
  const { name, operationsUrl, onExit, nodeFlags = [] } = options;
  const spec = specOf(options);
  const graceMs = stopGraceMsOf(options.environment);
  let running: SpawnedServer | undefined;
  let ended: Exit | undefined;

  let starting: Promise<void> | undefined;
  let closed = false;

  const spawn = async () => {
    await stopServer(spec.pidFile, { graceMs });
    if (closed) return;
    // An answer before we have spawned is another program's, and would pass for our readiness.
    if ((await readyStatusOf(operationsUrl)) !== undefined) throw takenError(name, operationsUrl);
    ended = undefined;
    const spawned = await spawnServer(spec);
    running = spawned;
    spawned.hold();
    void spawned.exited.then(async (exit) => {
      const wasAskedFor = running !== spawned;
      if (wasAskedFor) return;
      [running, ended] = [undefined, exit];
      onExit({ member: name, ...exit, logFile: spec.logFile, tail: await logTail(spec.logFile) });
    });
  };
  const start = async () => {
    closed = false;
    starting = spawn();
    await starting;
  };
  const ready = async (withinMs: number) => {
    const ask = () => running === undefined || isReady(operationsUrl);
    const answered = await waitUntil(ask, { withinMs, pollMs: READY_POLL_MS });
    if (answered === true && running !== undefined) return;
    throw running === undefined ? await goneError(spec, ended) : await lateError(spec, withinMs);
  };
  const kill = async (signal: NodeJS.Signals) => {
    const victim = running;
    if (victim === undefined) throw new FleetError('APP_NOT_RUNNING', `${name} does not run`);
    running = undefined;
    process.kill(victim.pid, signal);
    return victim.exited;
  };
  const stop = async () => {
    // A start that is under way would spawn after we have looked.
    closed = true;
    await starting?.catch(() => undefined);
    const last = running;
    running = undefined;
    await stopServer(spec.pidFile, { graceMs });
    await last?.exited;
  };
  const metrics = async () => {
    const answer = await fetch(`${operationsUrl}/metrics`, { signal: AbortSignal.timeout(ASK_MS) });
    if (answer.status !== 200) throw new FleetError('APP_NOT_READY', `${name}: GET /metrics answered ${answer.status}`);
    return parseMetrics(await answer.text());
  };
  const pid = () => running?.pid;
  const rssMb = () => (running === undefined ? undefined : residentMb(running.pid));
  return { name, logFile: spec.logFile, operationsUrl, nodeFlags, pid, start, ready, kill, stop, metrics, rssMb };
}
