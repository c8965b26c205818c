import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { appStateFolder, localAuth, repositoryFolder, type Exit, type LocalAuth, type Stack } from '@porchlight/stack';
import type { MetricsScrape } from '@porchlight/telemetry';
import { builtApps } from './built-apps.ts';
import { environmentOf, type FleetSettings } from './fleet-environment.ts';
import { createMember, type Member, type UnaskedExit } from './fleet-member.ts';
import {
  appNames,
  builtScriptOf,
  memberNames,
  scriptOf,
  simulatorName,
  type AppName,
  type MemberName,
} from './fleet-members.ts';
import {
  apiUrlOf,
  fleetPortWishes,
  freeFleetPorts,
  operationsUrlOf,
  simulatorUrlOf,
  type FleetPorts,
} from './fleet-ports.ts';

const READY_MS = 90_000;

/** What malloc begins with; named, it stays so. */
const MALLOC_KEEPS_BYTES = 131_072;

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
  beforeApps?: (addresses: Pick<FleetAddresses, 'simulatorUrl'>) => Promise<void>;
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
export interface Fleet extends Readonly<FleetAddresses> {
  readonly ports: FleetPorts;
  readonly auth: LocalAuth;
  /** What callers of the simulator send as x-api-key. */
  readonly upstreamApiKey: string;
  operationsUrl(member: MemberName): string;
  pid(member: MemberName): number | undefined;
  logFile(member: MemberName): string;
  /** Sends the signal and resolves with how the process ended. `onExit` is not called for it. */
  kill(member: MemberName, signal?: NodeJS.Signals): Promise<Exit>;
  /** Starts it again (stopping it first if it runs) on the same ports, and resolves when it is ready. */
  restart(member: MemberName): Promise<void>;
  /** What Node runs it with. */
  nodeFlags(member: MemberName): readonly string[];
  /** A reading of its /metrics. */
  metrics(member: MemberName): Promise<MetricsScrape>;
  /** Resident MB (2^20 bytes); undefined when it does not run. */
  rssMb(member: MemberName): number | undefined;
  /** Stops every process: SIGTERM, and SIGKILL to what has not ended when its drain is long over. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * What keeps each app's resident memory low: a build without types (see build-apps.ts), young generations that fit what a
 * record leaves behind, few arenas for buffers, and what was freed given back: left alone, malloc raises its thresholds with
 * the largest buffer that it has seen, and then keeps what an optimizing compilation took (25 MB). An app's old generation
 * is bounded, or V8 would let it grow as far as the machine's memory allows before it collects; the simulator's is not: a
 * million homes take 380 MB.
 *
 * estimate-api answers many at once, and what is under way when a young generation is full is copied. Processor time of a batch of 100 by turns, with
 * no parallel scavenges (more processors wait for each other, and each keeps pages of its own: 16 MB): 2 MB 423 us, 4 MB 255, 8 MB 272.
 */
const lean = {
  flags: (name: MemberName) =>
    name === 'estimate-api' ? ['--max-semi-space-size=4', '--no-parallel-scavenge'] : ['--max-semi-space-size=2'],
  /** Megabytes: half as much again as what is alive under 50 sessions; estimate-api needs room for answers under way. */
  oldSpaceMb: (name: MemberName) => (name === 'estimate-api' ? 80 : 64),
  environment: {
    MALLOC_ARENA_MAX: '2',
    MALLOC_TRIM_THRESHOLD_: String(MALLOC_KEEPS_BYTES),
    MALLOC_MMAP_THRESHOLD_: String(MALLOC_KEEPS_BYTES),
  },
};

const flagsOf = (name: MemberName): string[] =>
  name === simulatorName ? lean.flags(name) : [...lean.flags(name), `--max-old-space-size=${lean.oldSpaceMb(name)}`];

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
    stateFolder: appStateFolder(stack.folder),
    logLevel,
    extra: { ...lean.environment, ...environment },
    ...(extraOf === undefined ? {} : { extraOf }),
  };
}

function memberOf(name: MemberName, options: FleetOptions, settings: FleetSettings, build: string): Member {
  const { stack, logDir = join(stack.folder, 'logs'), onExit = () => undefined } = options;
  const { nodeFlags = flagsOf(name) } = options;
  return createMember({
    name,
    script: join(build, builtScriptOf(name)),
    folder: stack.folder,
    logFolder: logDir,
    environment: environmentOf(name, settings),
    operationsUrl: operationsUrlOf(settings.ports, name),
    nodeFlags,
    onExit,
  });
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
  const { stack, instance, apps = appNames, signal } = options;
  const auth = await localAuth(instance, { dataDir: stack.folder });
  const settings = await settingsOf(options, options.ports ?? fleetPortWishes(instance), auth);
  const build = await builtApps();
  const members = new Map<MemberName, Member>();
  const fleet = fleetOf(members, settings, auth);
  const startAll = async (names: readonly MemberName[]) => {
    // Looked for as late as can be: what was free before a city was loaded may be somebody else's after it.
    if (options.ports === undefined) settings.ports = await freeFleetPorts(settings.ports, names);
    const made = names.map((name) => memberOf(name, options, settings, build));
    for (const member of made) members.set(member.name, member);
    await startMembers(made, signal);
  };
  const starting = async () => {
    await startAll([simulatorName]);
    await options.beforeApps?.({ simulatorUrl: fleet.simulatorUrl });
    await startAll(apps);
  };
  try {
    await Promise.race([starting(), calledOff(signal)]);
    return fleet;
  } catch (thrown) {
    await fleet.stop();
    throw thrown;
  }
}

function fleetOf(members: Map<MemberName, Member>, settings: FleetSettings, auth: LocalAuth): Fleet {
  let stopping: Promise<void> | undefined;
  const member = (name: MemberName): Member => {
    const found = members.get(name);
    if (found === undefined) throw new RangeError(`${name} is not in this fleet`);
    return found;
  };
  return {
    get apiUrl() {
      return apiUrlOf(settings.ports);
    },
    get simulatorUrl() {
      return simulatorUrlOf(settings.ports);
    },
    get ports() {
      return settings.ports;
    },
    auth,
    upstreamApiKey: settings.upstreamApiKey,
    operationsUrl: (name) => member(name).operationsUrl,
    pid: (name) => member(name).pid(),
    logFile: (name) => member(name).logFile,
    kill: (name, signal = 'SIGKILL') => member(name).kill(signal),
    restart: async (name) => {
      await member(name).stop();
      await member(name).start();
      await member(name).ready(READY_MS);
    },
    nodeFlags: (name) => member(name).nodeFlags,
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
