import { reasonOf } from '../stack-error.ts';
import { waitUntil } from '../wait-until.ts';
import type { ContainerPlan } from './images.ts';

type Testcontainers = typeof import('testcontainers');

/** Loaded only when an engine answers: it is large, and most starts never need it. */
let loading: Promise<Testcontainers> | undefined;
const testcontainers = () => (loading ??= import('testcontainers'));

const START_MS = 5 * 60_000;
const READY_MS = 90_000;
const STOP_GRACE_S = 5;
const INSTANCE_LABEL = 'porchlight.instance';

const nameOf = (instance: string, service: string) => `porchlight-${instance}-${service}`;

const isGone = (thrown: unknown) => [304, 404, 409].includes((thrown as { statusCode?: number }).statusCode ?? 0);

async function removeByName(name: string): Promise<void> {
  const { getContainerRuntimeClient } = await testcontainers();
  const { container } = await getContainerRuntimeClient();
  const found = container.dockerode.getContainer(name);
  const ignoreGone = (thrown: unknown) => {
    if (!isGone(thrown)) throw thrown;
  };
  await found.stop({ t: STOP_GRACE_S }).catch(ignoreGone);
  await found.remove({ v: false, force: true }).catch(ignoreGone);
}

/** The instance's network: a named one of our own, for a container must find another by name after a restart too. */
async function ensureNetwork(instance: string): Promise<string> {
  const { getContainerRuntimeClient } = await testcontainers();
  const { container } = await getContainerRuntimeClient();
  const name = `porchlight-${instance}`;
  const found = await container.dockerode.listNetworks({ filters: { name: [name] } });
  if (!found.some((network) => network.Name === name)) {
    await container.dockerode
      .createNetwork({ Name: name, Labels: { [INSTANCE_LABEL]: instance } })
      .catch((thrown: unknown) => {
        if (!isGone(thrown)) throw thrown;
      });
  }
  return name;
}

async function startPlanned(instance: string, plan: ContainerPlan): Promise<void> {
  const { GenericContainer, Wait } = await testcontainers();
  /** testcontainers publishes on every address of the machine; ours are for the loopback alone. */
  class LoopbackContainer extends GenericContainer {
    protected override async beforeContainerCreated(): Promise<void> {
      for (const bindings of Object.values(
        (this.hostConfig.PortBindings ?? {}) as Record<string, { HostIp?: string }[]>,
      )) {
        for (const binding of bindings) binding.HostIp = '127.0.0.1';
      }
    }
  }
  const container = new LoopbackContainer(plan.image)
    .withName(nameOf(instance, plan.service))
    .withLabels({ [INSTANCE_LABEL]: instance })
    .withEnvironment(plan.environment)
    .withNetworkMode(await ensureNetwork(instance))
    .withExposedPorts({ container: plan.containerPort, host: plan.hostPort })
    // No reaper: it would take the containers away from an instance whose launcher has ended on purpose (`up`).
    .withAutoCleanup(false)
    .withWaitStrategy(Wait.forLogMessage(plan.readyLog))
    .withStartupTimeout(READY_MS);
  if (plan.command) container.withCommand(plan.command);
  if (plan.user) container.withUser(plan.user);
  if (plan.dataPath) container.withBindMounts([{ source: nameOf(instance, plan.service), target: plan.dataPath }]);
  await container.start();
}

/**
 * Starts one service as a container, its data in a named volume, on a fixed port of the loopback. A container that an
 * earlier launcher left is replaced (its volume is kept).
 *
 * @param probe  asks the server itself: a log line says only that it is about to serve
 * @throws what the engine says; the caller goes on with a local process
 */
export async function startContainer(instance: string, plan: ContainerPlan, probe: () => Promise<void>): Promise<void> {
  const name = nameOf(instance, plan.service);
  await removeByName(name);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the image or its start took longer than ${START_MS / 60_000} minutes`)),
      START_MS,
    );
  });
  let last: unknown;
  try {
    await Promise.race([startPlanned(instance, plan), late]);
    const answers = await waitUntil(
      () =>
        probe().then(
          () => true,
          (thrown: unknown) => ((last = thrown), false),
        ),
      { withinMs: READY_MS, pollMs: 100 },
    );
    if (!answers) throw new Error(`the container runs but does not serve: ${reasonOf(last)}`);
  } catch (thrown) {
    await removeByName(name).catch(() => undefined);
    throw new Error(`${plan.image}: ${reasonOf(thrown)}`, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}

export async function stopContainer(instance: string, service: string): Promise<void> {
  await removeByName(nameOf(instance, service));
}

/** Throws the data of a service away. */
export async function removeVolume(instance: string, service: string): Promise<void> {
  const { getContainerRuntimeClient } = await testcontainers();
  const { container } = await getContainerRuntimeClient();
  await container.dockerode
    .getVolume(nameOf(instance, service))
    .remove()
    .catch((thrown: unknown) => {
      if (!isGone(thrown)) throw thrown;
    });
}

/** The name under which a service of the instance is reached from another one of its containers. */
export const containerHost = nameOf;
