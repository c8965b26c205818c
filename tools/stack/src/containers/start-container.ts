import { createHash } from 'node:crypto';
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
const FINGERPRINT_LABEL = 'porchlight.fingerprint';

const nameOf = (instance: string, service: string) => `porchlight-${instance}-${service}`;

/** What has to be equal for a running container to be the one we would start; a hash, for the plan holds a password. */
const fingerprintOf = (plan: ContainerPlan) =>
  createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);

const isGone = (thrown: unknown) => [304, 404, 409].includes((thrown as { statusCode?: number }).statusCode ?? 0);

async function removeByName(name: string): Promise<void> {
  const { getContainerRuntimeClient } = await testcontainers();
  const { container } = await getContainerRuntimeClient();
  const found = container.dockerode.getContainer(name);
  const ignoreGone = (thrown: unknown) => {
    if (!isGone(thrown)) throw thrown;
  };
  await found.stop({ t: STOP_GRACE_S }).catch(ignoreGone);
  // `v` takes the anonymous volumes of the image along; ours have names and stay.
  await found.remove({ v: true, force: true }).catch(ignoreGone);
}

const networks = new Map<string, Promise<string>>();

/**
 * The id of the instance's network: one of our own with a fixed name, for a container must find another by name after a
 * restart too. Docker lets two networks have one name and then refuses to use it, so it is made once.
 */
function networkOf(instance: string): Promise<string> {
  const known = networks.get(instance) ?? findOrCreateNetwork(`porchlight-${instance}`, instance);
  networks.set(instance, known);
  known.catch(() => networks.delete(instance));
  return known;
}

async function findOrCreateNetwork(name: string, instance: string): Promise<string> {
  const { getContainerRuntimeClient } = await testcontainers();
  const { container } = await getContainerRuntimeClient();
  const found = await container.dockerode.listNetworks({ filters: { name: [name] } });
  const ours = found.find((network) => network.Name === name);
  if (ours) return ours.Id;
  const created = await container.dockerode.createNetwork({ Name: name, Labels: { [INSTANCE_LABEL]: instance } });
  return created.id;
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
    .withLabels({ [INSTANCE_LABEL]: instance, [FINGERPRINT_LABEL]: fingerprintOf(plan) })
    .withEnvironment(plan.environment)
    .withNetworkMode(await networkOf(instance))
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

/** Whether an earlier launcher left just this container running, and it serves. */
async function isRunning(name: string, plan: ContainerPlan, probe: () => Promise<void>): Promise<boolean> {
  const { getContainerRuntimeClient } = await testcontainers();
  const { container } = await getContainerRuntimeClient();
  try {
    const { State, Config } = await container.dockerode.getContainer(name).inspect();
    if (!State.Running || Config.Labels[FINGERPRINT_LABEL] !== fingerprintOf(plan)) return false;
    await probe();
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts one service as a container, its data in a named volume, on a fixed port of the loopback. A container that an
 * earlier launcher left is used if it is the same and serves, else replaced (its volume is kept).
 *
 * @param probe     asks the server itself: a log line says only that it is about to serve
 * @param onMaking  called before a container is made: what was left running cannot be used
 * @throws what the engine says; the caller goes on with a local process
 */
export async function startContainer(
  instance: string,
  plan: ContainerPlan,
  { probe, onMaking }: { probe: () => Promise<void>; onMaking: () => void },
): Promise<void> {
  const name = nameOf(instance, plan.service);
  if (await isRunning(name, plan, probe)) return;
  onMaking();
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

/** Takes the instance's network away, when all of its containers are gone. */
export async function removeNetwork(instance: string): Promise<void> {
  const { getContainerRuntimeClient } = await testcontainers();
  const { container } = await getContainerRuntimeClient();
  const id = await networkOf(instance);
  networks.delete(instance);
  await container.dockerode
    .getNetwork(id)
    .remove()
    .catch(() => undefined);
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
