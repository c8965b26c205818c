import { ConfigInvalid, loadConfig } from '@porchlight/service';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { at, listAt, named } from './objects-in.ts';
import type { RealApp } from './real-app.ts';

const CONTAINER = 'spec.template.spec.containers.0';
/** Beyond the drain: what libs/service grants itself, and closing. */
const GRACE_BEYOND_DRAIN_MS = 5_000;
const MS_PER_SECOND = 1_000;
/** Read by Node itself. */
const NOT_OURS = ['NODE_OPTIONS'];
const FILE = '_FILE';

/** Something that fits, in place of what only the cluster knows. */
const samples: Readonly<Record<string, string>> = {
  REDIS_URL: 'redis://redis.example:6379',
  DATABASE_URL: 'postgres://database.example/homes',
};
const sampleOf = (name: string): string => samples[name] ?? 'a-sample-that-is-long-enough';

type Environment = Readonly<Record<string, string>>;

/** @returns what the container's process will find in its environment */
export function environmentOf(deployment: KubernetesObject, objects: readonly KubernetesObject[]): Environment {
  const maps = listAt(deployment, `${CONTAINER}.envFrom`).map((source) => {
    const map = named(objects, 'ConfigMap', String(at(source, 'configMapRef.name')));
    return (map?.['data'] ?? {}) as Environment;
  });
  const own = listAt(deployment, `${CONTAINER}.env`) as { name: string; value?: string }[];
  return Object.assign({}, ...maps, ...own.map(({ name, value = '' }) => ({ [name]: value }))) as Environment;
}

function problemsOfConfig({ config }: RealApp, environment: Environment): string[] {
  const entries = Object.entries(environment).filter(([name]) => !NOT_OURS.includes(name));
  const plain = entries.map(([name, value]) => {
    const secret = name.endsWith(FILE) ? name.slice(0, -FILE.length) : undefined;
    return secret === undefined ? ([name, value] as const) : ([secret, sampleOf(secret)] as const);
  });
  const unknown = plain.filter(([name]) => !(name in config.shape)).map(([name]) => `it has no variable ${name}`);
  try {
    loadConfig(config, Object.fromEntries(plain));
    return unknown;
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    return [...unknown, ...error.problems];
  }
}

function problemsOfDrain(deployment: KubernetesObject, { DRAIN_MS }: Environment): string[] {
  const graceMs = Number(at(deployment, 'spec.template.spec.terminationGracePeriodSeconds')) * MS_PER_SECOND;
  return graceMs >= Number(DRAIN_MS) + GRACE_BEYOND_DRAIN_MS
    ? []
    : [`the grace period, ${graceMs} ms, is not ${GRACE_BEYOND_DRAIN_MS} ms longer than DRAIN_MS, ${DRAIN_MS}`];
}

function problemsOfPorts(deployment: KubernetesObject, environment: Environment): string[] {
  const ports = listAt(deployment, `${CONTAINER}.ports`) as { name: string; containerPort: number }[];
  const variables = { operations: 'METRICS_PORT', http: 'HTTP_PORT' };
  return ports.flatMap(({ name, containerPort }) => {
    const told = environment[variables[name as keyof typeof variables]];
    return told === String(containerPort) ? [] : [`port ${name} is ${containerPort}, and the app listens on ${told}`];
  });
}

/** @returns what is wrong with the environment that an app's process gets, by the config schema that the process will read it with */
export function environmentProblems(objects: readonly KubernetesObject[], apps: readonly RealApp[]): string[] {
  return apps.flatMap((app) => {
    const deployment = named(objects, 'Deployment', app.name);
    if (deployment === undefined) return [`${app.name} has no Deployment`];
    const environment = environmentOf(deployment, objects);
    return [
      ...problemsOfConfig(app, environment),
      ...problemsOfDrain(deployment, environment),
      ...problemsOfPorts(deployment, environment),
    ].map((problem) => `Deployment ${app.name}: ${problem}`);
  });
}
