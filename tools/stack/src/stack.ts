import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { containedService, containersMark } from './contained-service.ts';
import { findEngine, type Engine } from './containers/engine.ts';
import { appStateFolder, dataFolder, downloadsFolder } from './folders.ts';
import { withFolderLock } from './folder-lock.ts';
import { givenService } from './given-service.ts';
import { folderOf, type InstanceChoice } from './hold-instance.ts';
import { findJava } from './local/java.ts';
import { pidFileOf, type Instance } from './local/instance.ts';
import { localServers, localService } from './local-service.ts';
import { preferredPorts, rememberedPorts, rememberPorts } from './ports.ts';
import { runningServer } from './server-process.ts';
import {
  addressVariables,
  serviceNames,
  type Choice,
  type ReportProgress,
  type RunningService,
  type ServiceName,
} from './services.ts';
import { reasonOf } from './stack-error.ts';

/** How long a start waits for another start of the same instance. */
const OTHER_START_MS = 3 * 60_000;

/** What a server that is being spawned just then gets to leave its pid file. */
const CALL_OFF_MS = 500;

export interface StackOptions {
  /** Whose data and ports: 'start' for npm start, 'test' for npm test. */
  instance: string;
  /** Throw the instance's data away first. Never touches servers that the environment names. */
  fresh?: boolean;
  onProgress?: ReportProgress;
  /** Only these; all four by default. */
  services?: readonly ServiceName[];
  /** Another folder than the instance's own (tests). Absolute or from the working directory. */
  dataDir?: string;
  /** Calls the start off: nothing more is spawned, what runs is stopped, and the start rejects. */
  signal?: AbortSignal;
  environment?: NodeJS.ProcessEnv;
}

export interface Stack {
  /** Comma-separated host:port list. This and the other addresses are empty for a service that was not asked for. */
  kafkaBrokers: string;
  /** The Confluent-compatible base, e.g. http://127.0.0.1:18081/apis/ccompat/v7. */
  schemaRegistryUrl: string;
  redisUrl: string;
  /** With its password: not for printing. */
  databaseUrl: string;
  choices: Choice[];
  /** KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL, DATABASE_URL, for the environment of an app. */
  environment: Record<string, string>;
  /** The instance's data folder. */
  folder: string;
  /** Stops what runs for this instance within about 8 s; servers that the environment named are left alone. */
  stop(): Promise<void>;
}

async function prepareInstance({
  instance: name,
  dataDir,
  onProgress,
  signal,
  environment = process.env,
}: StackOptions): Promise<Instance> {
  const folder = dataDir === undefined ? dataFolder(name, environment) : resolve(dataDir);
  const downloads = downloadsFolder(environment);
  await Promise.all([folder, downloads].map((each) => mkdir(each, { recursive: true })));
  const ports = { ...preferredPorts(name), ...(await rememberedPorts(folder)) };
  let java: ReturnType<Instance['java']> | undefined;
  const report: Instance['report'] = (service, phase, detail) => onProgress?.({ service, phase, detail });
  return {
    name,
    folder,
    downloads,
    ports,
    signal,
    report,
    containers: new Set(),
    java: () => (java ??= findJava(downloads, (detail) => report('java', 'downloading', detail))),
  };
}

/** One service by the order of the design: a given address, a container, a local process. */
async function findService(
  instance: Instance,
  service: ServiceName,
  engine: Engine,
  postgres: RunningService | undefined,
): Promise<RunningService> {
  if ('absent' in engine) return localService(instance, service, postgres);
  try {
    const found = await containedService(instance, service, postgres);
    return found;
  } catch (thrown) {
    instance.signal?.throwIfAborted();
    instance.report(service, 'note', `no container (${reasonOf(thrown)}); going on with a local process`);
    return localService(instance, service, postgres);
  }
}

function servicesOf({ services = serviceNames }: StackOptions): ServiceName[] {
  return serviceNames.filter((name) => services.includes(name));
}

/** What the environment names. All of it is asked before anything is started or thrown away: a typo must not cost that. */
async function givenServices(options: StackOptions): Promise<Map<ServiceName, RunningService>> {
  const found = await Promise.all(
    servicesOf(options).map(
      async (name) => [name, await givenService(name, options.environment ?? process.env)] as const,
    ),
  );
  return new Map(found.flatMap(([name, service]) => (service === undefined ? [] : [[name, service]])));
}

/** Starts what is not given. The registry waits for PostgreSQL, which holds its schemas; the rest goes side by side. */
async function startServices(
  instance: Instance,
  options: StackOptions,
  given: Map<ServiceName, RunningService>,
): Promise<RunningService[]> {
  const { environment = process.env } = options;
  const names = servicesOf(options);
  const engine = given.size < names.length ? await findEngine(environment) : { absent: 'nothing to start' };
  const find = async (name: ServiceName, postgres?: RunningService) => {
    const found = given.get(name) ?? (await findService(instance, name, engine, postgres));
    instance.report(name, 'ready', `${found.choice.address} (${found.choice.source}: ${found.choice.reason})`);
    return found;
  };
  const postgres = names.includes('postgres') ? find('postgres') : Promise.resolve(undefined);
  const starting = names.map(async (name) => {
    if (name === 'postgres') return (await postgres)!;
    return name === 'registry' ? find(name, await postgres) : find(name);
  });
  const settled = await Promise.race([Promise.allSettled(starting), calledOff(instance.signal)]);
  const failed = settled.filter((each) => each.status === 'rejected');
  // What the registry says when PostgreSQL failed is PostgreSQL's error again; the first one is enough.
  if (failed[0]) throw failed[0].reason;
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** Rejects soon after the start was called off: a download that hangs must not hold a Ctrl-C. */
function calledOff(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const giveUp = () => setTimeout(() => reject(signal?.reason as Error), CALL_OFF_MS);
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}

function stackOf(instance: Instance, running: RunningService[]): Stack {
  const addressOf = (service: ServiceName) => running.find(({ choice }) => choice.service === service)?.address ?? '';
  const environment = Object.fromEntries(
    running.map(({ choice, address }) => [addressVariables[choice.service], address]),
  );
  return {
    kafkaBrokers: addressOf('kafka'),
    schemaRegistryUrl: addressOf('registry'),
    redisUrl: addressOf('redis'),
    databaseUrl: addressOf('postgres'),
    choices: running.map(({ choice }) => choice),
    environment,
    folder: instance.folder,
    stop: () => stopInstance(instance.folder, instance.name),
  };
}

/**
 * Finds or starts the backing services, and resolves when all of them answer.
 *
 * Each is looked for in this order: an address in the environment; a container, if an engine answers and the image can
 * be had; a local process. Servers that an earlier launcher of the same instance left running are used again.
 *
 * @throws {StackError} see StackErrorCode; what this call had started is stopped again, and what it found running is not
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const instance = await prepareInstance(options);
  return withFolderLock(
    instance.folder,
    { waitMs: OTHER_START_MS, purpose: `starting the instance ${instance.name}` },
    async () => {
      const given = await givenServices(options);
      if (options.fresh) await removeInstance(instance);
      const before = await pidsOf(instance.folder);
      try {
        const running = await startServices(instance, options, given);
        options.signal?.throwIfAborted();
        await rememberPorts(instance.folder, instance.ports);
        return stackOf(instance, running);
      } catch (thrown) {
        await stopSpawned(instance, before).catch(() => undefined);
        throw thrown;
      }
    },
  );
}

type Pids = Map<ServiceName, number | undefined>;

/** The local processes of an instance. */
async function pidsOf(folder: string): Promise<Pids> {
  const pids = serviceNames.map(
    async (service) => [service, (await runningServer(pidFileOf(folder, service)))?.pid] as const,
  );
  return new Map(await Promise.all(pids));
}

/** Stops what was not running `before` under the same pid, and the containers that this start made. */
async function stopSpawned(instance: Instance, before: Pids): Promise<void> {
  const now = await pidsOf(instance.folder);
  const isNew = (service: ServiceName) => now.get(service) !== undefined && now.get(service) !== before.get(service);
  await Promise.all([
    stopLocal(instance.folder, serviceNames.filter(isNew)),
    instance.containers.size > 0 && stopContainers(instance.folder, instance.name, [...instance.containers]),
  ]);
}

/** Stops by pid file whatever runs for an instance, whoever started it. */
async function stopInstance(folder: string, name: string): Promise<void> {
  await Promise.all([stopLocal(folder, serviceNames), stopContainers(folder, name, serviceNames)]);
}

/** The registry goes before the database it uses. */
async function stopLocal(folder: string, services: readonly ServiceName[]): Promise<void> {
  const stop = async (service: ServiceName) => {
    if (services.includes(service)) await localServers[service].stop(folder);
  };
  const database = async () => {
    await stop('registry');
    await stop('postgres');
  };
  await Promise.all([stop('kafka'), stop('redis'), database()]);
}

async function stopContainers(folder: string, name: string, services: readonly ServiceName[]): Promise<void> {
  if (!existsSync(containersMark(folder)) || 'absent' in (await findEngine())) return;
  const { removeNetwork, stopContainer } = await import('./containers/start-container.ts');
  if (services.includes('registry')) await stopContainer(name, 'registry');
  const others = services.filter((service) => service !== 'registry');
  await Promise.all(others.map((service) => stopContainer(name, service)));
  // A network that a container still uses is refused, and stays.
  await removeNetwork(name);
}

async function removeInstance(instance: Instance): Promise<void> {
  await stopInstance(instance.folder, instance.name);
  await Promise.all(serviceNames.map((service) => localServers[service].remove(instance.folder)));
  await rm(appStateFolder(instance.folder), { recursive: true, force: true });
  if (!existsSync(containersMark(instance.folder)) || 'absent' in (await findEngine())) return;
  const { removeVolume } = await import('./containers/start-container.ts');
  await Promise.all(serviceNames.map((service) => removeVolume(instance.name, service)));
  await rm(containersMark(instance.folder), { force: true });
}

/** Stops an instance without having started it. Nothing running is no error. */
export async function stopStack(choice: InstanceChoice): Promise<void> {
  await stopInstance(folderOf(choice), choice.instance);
}

export interface ServiceStatus {
  service: ServiceName;
  /** Of the local process; undefined when it does not run here (it may be a container, or given by address). */
  pid: number | undefined;
  port: number | undefined;
}

/** What runs of an instance as local processes. */
export async function stackStatus(choice: InstanceChoice): Promise<ServiceStatus[]> {
  const folder = folderOf(choice);
  const ports = await rememberedPorts(folder);
  return Promise.all(
    serviceNames.map(async (service) => ({
      service,
      pid: (await runningServer(pidFileOf(folder, service)))?.pid,
      port: ports[service],
    })),
  );
}
