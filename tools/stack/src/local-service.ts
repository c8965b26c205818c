import { removeKafka, startKafka, stopKafka } from './local/kafka.ts';
import { removePostgres, startPostgres, stopPostgres } from './local/postgres.ts';
import { removeRedis, startRedis, stopRedis } from './local/redis.ts';
import { removeRegistry, startRegistry, stopRegistry } from './local/registry.ts';
import type { Instance } from './local/instance.ts';
import { freePorts, type Ports } from './ports.ts';
import { runningServer } from './server-process.ts';
import { pidFileOf } from './local/instance.ts';
import type { RunningService, ServiceName } from './services.ts';
import { StackError } from './stack-error.ts';

/** Somebody may take a port between our look and the server's bind. */
const PORT_ATTEMPTS = 3;

export const portsOf: Record<ServiceName, string[]> = {
  kafka: ['kafka', 'kafkaController'],
  registry: ['registry', 'registryManagement'],
  redis: ['redis'],
  postgres: ['postgres'],
};

interface LocalServer {
  start(instance: Instance, postgres: RunningService | undefined): Promise<RunningService>;
  stop(folder: string): Promise<void>;
  remove(folder: string): Promise<void>;
}

const ownPostgres = (postgres: RunningService | undefined) =>
  postgres && postgres.choice.source !== 'environment' ? postgres.address : undefined;

export const localServers: Record<ServiceName, LocalServer> = {
  kafka: { start: (instance) => startKafka(instance), stop: stopKafka, remove: removeKafka },
  registry: {
    start: (instance, postgres) => startRegistry(instance, { databaseUrl: ownPostgres(postgres) }),
    stop: stopRegistry,
    remove: removeRegistry,
  },
  redis: { start: (instance) => startRedis(instance), stop: stopRedis, remove: removeRedis },
  postgres: { start: (instance) => startPostgres(instance), stop: stopPostgres, remove: removePostgres },
};

/** Gives the service ports that are free now; those of a server of ours that still runs stay. */
async function settlePorts(instance: Instance, service: ServiceName): Promise<boolean> {
  const wishes: Ports = Object.fromEntries(portsOf[service].map((name) => [name, instance.ports[name] ?? 0]));
  const free = await freePorts(wishes);
  const moved = portsOf[service].filter((name) => free[name] !== wishes[name]);
  for (const name of moved) instance.report(service, 'note', `port ${wishes[name]} is in use; taking ${free[name]}`);
  Object.assign(instance.ports, free);
  return moved.length > 0;
}

/** The service as a process of this machine, on its remembered port or the next free one. */
export async function localService(
  instance: Instance,
  service: ServiceName,
  postgres: RunningService | undefined,
): Promise<RunningService> {
  if (!(await runningServer(pidFileOf(instance.folder, service)))) await settlePorts(instance, service);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await localServers[service].start(instance, postgres);
    } catch (thrown) {
      const died = thrown instanceof StackError && thrown.code === 'SERVER_DIED';
      if (!died || attempt >= PORT_ATTEMPTS || !(await settlePorts(instance, service))) throw thrown;
    }
  }
}
