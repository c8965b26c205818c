import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerPlan } from './containers/images.ts';
import { kafkaPlan, postgresPlan, redisPlan, registryPlan } from './containers/images.ts';
import { containerHost, startContainer, stopContainer } from './containers/start-container.ts';
import { drawnOnce } from './drawn-once.ts';
import { probes } from './given-service.ts';
import { drawClusterId } from './local/draw-cluster-id.ts';
import type { Instance } from './local/instance.ts';
import { porchlightDatabase, registryDatabase } from './local/postgres.ts';
import { registryApi, registryStorage } from './local/registry.ts';
import { createDatabases } from './probe/postgres.adapter.ts';
import { printable, type RunningService, type ServiceName } from './services.ts';

const PASSWORD_BYTES = 16;

/** Says that this instance has used containers, so that a later stop looks for them. */
export const containersMark = (folder: string) => join(folder, 'containers');

/** A secret or id of the containers: their data is in volumes and outlives them. */
const keptOf = ({ folder }: Instance, name: string, draw: () => string): Promise<string> =>
  drawnOnce(join(folder, name), draw, 0o600);

async function planOf(
  instance: Instance,
  service: ServiceName,
  postgres: RunningService | undefined,
): Promise<{ plan: ContainerPlan; address: string }> {
  const { folder, ports } = instance;
  const hostPort = ports[service] ?? 0;
  if (service === 'kafka') {
    const clusterId = await keptOf(instance, 'container-cluster-id', drawClusterId);
    return { plan: kafkaPlan({ hostPort, clusterId }), address: `127.0.0.1:${hostPort}` };
  }
  if (service === 'redis') return { plan: redisPlan({ hostPort }), address: `redis://127.0.0.1:${hostPort}` };
  if (service === 'postgres') {
    const password = await keptOf(instance, 'container-password', () => randomBytes(PASSWORD_BYTES).toString('hex'));
    return {
      plan: postgresPlan({ hostPort, password }),
      address: `postgres://porchlight:${password}@127.0.0.1:${hostPort}/${porchlightDatabase}`,
    };
  }
  if (postgres?.choice.source !== 'container')
    throw new Error('the registry is a container only beside a PostgreSQL that is one: it keeps its schemas there');
  const inside = new URL(postgres.address);
  inside.host = `${containerHost(instance.name, 'postgres')}:5432`;
  return {
    plan: registryPlan({ hostPort, storage: registryStorage(inside.href, folder) }),
    address: `http://127.0.0.1:${hostPort}${registryApi}`,
  };
}

/**
 * The service as a container of this instance.
 *
 * @param postgres  what was started for PostgreSQL, which the registry's container needs
 * @throws an Error that says why the container cannot be had; the caller goes on with a local process
 */
export async function containedService(
  instance: Instance,
  service: ServiceName,
  postgres: RunningService | undefined,
): Promise<RunningService> {
  const { plan, address } = await planOf(instance, service, postgres);
  instance.report(service, 'starting', `container ${plan.image}`);
  await mkdir(instance.folder, { recursive: true });
  await writeFile(containersMark(instance.folder), '');
  instance.signal?.throwIfAborted();
  await startContainer(instance.name, plan, {
    probe: () => probes[service](address),
    onMaking: () => void instance.containers.add(service),
  });
  if (service === 'postgres') await createDatabases(address, [registryDatabase]);
  const choice = { service, source: 'container' as const, address: printable(address), reason: `image ${plan.image}` };
  return { choice, address, stop: () => stopContainer(instance.name, service) };
}
