import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localAuth, repositoryFolder, type Exit, type LocalAuth, type Stack } from '@porchlight/stack';
import type { MetricsScrape } from '@porchlight/telemetry';
import { environmentOf, type FleetSettings } from './fleet-environment.ts';
import { createMember, type Member, type UnaskedExit } from './fleet-member.ts';
import { appNames, memberNames, scriptOf, simulatorName, type AppName, type MemberName } from './fleet-members.ts';
import { apiUrlOf, chooseFleetPorts, operationsUrlOf, simulatorUrlOf, type FleetPorts } from './fleet-ports.ts';

const READY_MS = 90_000;

export interface FleetOptions {
  /** Where the backing services are; `folder` is the instance's, for pid files, logs, keys and the simulator's values. */
  stack: Pick<Stack, 'environment' | 'folder'>;
  instance: string;
  /** Free ones near the usual by default. */
  ports?: FleetPorts;
  /** All by default. The simulator always runs. */
  apps?: readonly AppName[];
  /** `<stack.folder>/logs` by default. */
  logDir?: string;
  logLevel?: string;
  /** Environment for all apps (after everything else), and for single ones: `{ forecaster: { FORECAST_STRATEGY: 'ring' } }`. */
  environment?: Record<string, string>;
  environmentOf?: Partial<Record<MemberName, Record<string, string>>>;
  nodeFlags?: readonly string[];
  /** Runs when the simulator serves and before any app is spawned: the place to load a city. */
  beforeApps?: (addresses: FleetAddresses) => Promise<void>;
  /** A process ended and nobody had asked it to. It is not started again. */
  onExit?: (exit: UnaskedExit) => void;
  /** Calls the start off: nothing more is spawned, and what runs is stopped. */
  signal?: AbortSignal;
}

export interface FleetAddresses {
  /** http://127.0.0.1:<port> of estimate-api. */
  apiUrl: string;
  /** http://127.0.0.1:<port> of the simulator, its admin endpoints included. */
  simulatorUrl: string;
}

/** All apps and the simulator, each a process of its own. */
export interface Fleet extends FleetAddresses {
  ports: FleetPorts;
  auth: LocalAuth;
  /** What callers of the simulator send as x-api-key. */
  upstreamApiKey: string;
  operationsUrl(member: MemberName): string;
  pid(member: MemberName): number | undefined;
  logFile(member: MemberName): string;
  /** Sends the signal and resolves with how the process ended. `onExit` is not called for it. */
  kill(member: MemberName, signal?: NodeJS.Signals): Promise<Exit>;
  /** Starts it again (stopping it first if it runs) on the same ports, and resolves when it is ready. */
  restart(member: MemberName): Promise<void>;
  /** A reading of its /metrics. */
  metrics(member: MemberName): Promise<MetricsScrape>;
  /** Resident MB (2^20 bytes); undefined when it does not run. */
  rssMb(member: MemberName): number | undefined;
  /** Stops every process: SIGTERM, and SIGKILL after 4.5 s. A second call waits for the first. */
  stop(): Promise<void>;
}

async function settingsOf(options: FleetOptions, ports: FleetPorts, auth: LocalAuth): Promise<FleetSettings> {
  const { stack, logLevel = 'info', environment, environmentOf: extraOf } = options;
  const simulatorFolder = join(stack.folder, 'simulator');
  await mkdir(simulatorFolder, { recursive: true });
  return {
    stack: stack.environment,
    auth,
    ports,
    upstreamApiKey: randomBytes(16).toString('hex'),
    sessionHmacKey: randomBytes(32).toString('hex'),
    simulatorFolder,
    logLevel,
    ...(environment === undefined ? {} : { extra: environment }),
    ...(extraOf === undefined ? {} : { extraOf }),
  };
}

function membersOf(options: FleetOptions, settings: FleetSettings): Map<MemberName, Member> {
  const {
    stack,
    apps = appNames,
    logDir = join(stack.folder, 'logs'),
    nodeFlags = [],
    onExit = () => undefined,
  } = options;
  const names: MemberName[] = [simulatorName, ...apps];
  return new Map(
    names.map((name) => {
      const operationsUrl = operationsUrlOf(settings.ports, name);
      const environment = environmentOf(name, settings);
      const script = join(repositoryFolder, scriptOf(name));
      const placed = { name, script, folder: stack.folder, logFolder: logDir };
      return [name, createMember({ ...placed, environment, operationsUrl, nodeFlags, onExit })];
    }),
  );
}

async function startMembers(members: readonly Member[], signal: AbortSignal | undefined): Promise<void> {
  for (const member of members) {
    signal?.throwIfAborted();
    await member.start();
  }
  const readiness = members.map((member) => member.ready(READY_MS));
  await Promise.all(readiness);
}

/** A start that is called off must not wait for an app to become ready. */
function calledOff(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/**
 * Starts the simulator, then every app, and resolves when all of them say that they are ready.
 *
 * @throws {FleetError} when one ends or is not ready in time, with the end of its log; what had been started is stopped
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { stack, instance, signal } = options;
  const ports = options.ports ?? (await chooseFleetPorts(instance));
  const auth = await localAuth(instance, { dataDir: stack.folder });
  const settings = await settingsOf(options, ports, auth);
  const members = membersOf(options, settings);
  const fleet = fleetOf(members, settings, auth);
  const starting = async () => {
    const all = [...members.values()];
    await startMembers(
      all.filter(({ name }) => name === simulatorName),
      signal,
    );
    await options.beforeApps?.(fleet);
    await startMembers(
      all.filter(({ name }) => name !== simulatorName),
      signal,
    );
  };
  try {
    await Promise.race([starting(), calledOff(signal)]);
    return fleet;
  } catch (thrown) {
    await fleet.stop();
    throw thrown;
  }
}

function fleetOf(members: Map<MemberName, Member>, { ports, upstreamApiKey }: FleetSettings, auth: LocalAuth): Fleet {
  let stopping: Promise<void> | undefined;
  const member = (name: MemberName): Member => {
    const found = members.get(name);
    if (found === undefined) throw new RangeError(`${name} is not in this fleet`);
    return found;
  };
  return {
    apiUrl: apiUrlOf(ports),
    simulatorUrl: simulatorUrlOf(ports),
    ports,
    auth,
    upstreamApiKey,
    operationsUrl: (name) => member(name).operationsUrl,
    pid: (name) => member(name).pid(),
    logFile: (name) => member(name).logFile,
    kill: (name, signal = 'SIGKILL') => member(name).kill(signal),
    restart: async (name) => {
      await member(name).stop();
      await member(name).start();
      await member(name).ready(READY_MS);
    },
    metrics: (name) => member(name).metrics(),
    rssMb: (name) => member(name).rssMb(),
    stop: () => (stopping ??= Promise.all([...members.values()].map((each) => each.stop())).then(() => undefined)),
  };
}

/** Stops what an earlier fleet of this instance left behind, by pid file. Nothing running is no error. */
export async function stopFleet(stack: Pick<Stack, 'folder'>): Promise<void> {
  const idle = {
    environment: {},
    operationsUrl: '',
    onExit: () => undefined,
    folder: stack.folder,
    logFolder: join(stack.folder, 'logs'),
  };
  await Promise.all(
    memberNames.map((name) => createMember({ ...idle, name, script: join(repositoryFolder, scriptOf(name)) }).stop()),
  );
}
