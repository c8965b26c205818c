import { groupOf } from '@porchlight/contracts';
import yaml from 'yaml';

/** What the app's own code says, for its assets to agree with. */
export interface DeployedApp {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly partitions: number }[];
  readonly startFrom: 'earliest' | 'latest';
}

/** A parsed document: fields of fields, looked up by path. */
type Document = Readonly<Record<string, unknown>>;

/** @returns what stands at `a.b.0.c`; undefined where nothing does */
function at(document: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Document | null | undefined)?.[name], document);
}

const POD = 'spec.template.spec';
const CONTAINER = `${POD}.containers.0`;

/** What every app's Deployment must have, word for word. */
const wantedOfDeployment: readonly (readonly [path: string, value: unknown])[] = [
  [`${CONTAINER}.livenessProbe.httpGet.path`, '/livez'],
  [`${CONTAINER}.readinessProbe.httpGet.path`, '/readyz'],
  [`${CONTAINER}.startupProbe.httpGet.path`, '/livez'],
  [`${POD}.automountServiceAccountToken`, false],
  [`${POD}.securityContext.runAsNonRoot`, true],
  [`${POD}.securityContext.seccompProfile.type`, 'RuntimeDefault'],
  [`${CONTAINER}.securityContext.allowPrivilegeEscalation`, false],
  [`${CONTAINER}.securityContext.readOnlyRootFilesystem`, true],
  [`${CONTAINER}.securityContext.capabilities.drop`, ['ALL']],
  [`${CONTAINER}.resources.limits.cpu`, undefined],
];

/** What must be there, whatever it says. */
const present = ['requests.cpu', 'requests.memory', 'limits.memory'].map((name) => `${CONTAINER}.resources.${name}`);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

function problemsOf(document: unknown, wanted: readonly (readonly [string, unknown])[]): string[] {
  return wanted
    .filter(([path, value]) => !same(at(document, path), value))
    .map(([path, value]) => `${path} is ${shown(at(document, path))}, not ${shown(value)}`);
}

function drainMsOf(deployment: unknown): number {
  const variables = (at(deployment, `${CONTAINER}.env`) ?? []) as { name: string; value?: string }[];
  return Number(variables.find(({ name }) => name === 'DRAIN_MS')?.value);
}

function problemsOfDeployment(deployment: unknown, app: DeployedApp): string[] {
  const grace = Number(at(deployment, `${POD}.terminationGracePeriodSeconds`)) * 1_000;
  const drainMs = drainMsOf(deployment);
  return [
    ...problemsOf(deployment, [['kind', 'Deployment'], ['metadata.name', app.name], ...wantedOfDeployment]),
    ...present.filter((path) => (at(deployment, path) ?? null) === null).map((path) => `${path} is absent`),
    ...(grace > drainMs ? [] : [`the grace period, ${grace} ms, is not longer than DRAIN_MS, ${drainMs}`]),
  ];
}

function problemsOfTrigger(trigger: unknown, app: DeployedApp, topic: string): string[] {
  const metadata = (at(trigger, 'metadata') ?? {}) as Document;
  const notText = Object.entries(metadata).filter(([, value]) => typeof value !== 'string');
  return [
    ...problemsOf(trigger, [
      ['type', 'kafka'],
      ['metadata.consumerGroup', groupOf(app.name)],
      ['metadata.topic', topic],
      ['metadata.offsetResetPolicy', app.startFrom],
      // It takes a group that waits for its dependency for stuck, and scales it in under load.
      ['metadata.excludePersistentLag', 'false'],
    ]),
    ...notText.map(([name]) => `metadata.${name} is no text, and KEDA takes nothing else`),
    ...(Number(metadata['lagThreshold']) > 0 ? [] : [`metadata.lagThreshold is ${shown(metadata['lagThreshold'])}`]),
  ];
}

function problemsOfScaledObject(scaled: unknown, app: DeployedApp): string[] {
  const partitions = Math.max(...app.inputs.map((input) => input.partitions));
  const [min, max] = ['min', 'max'].map((end) => Number(at(scaled, `spec.${end}ReplicaCount`)));
  const triggers = (at(scaled, 'spec.triggers') ?? []) as unknown[];
  return [
    ...problemsOf(scaled, [
      ['kind', 'ScaledObject'],
      ['spec.scaleTargetRef.name', app.name],
      ['spec.triggers.length', app.inputs.length],
    ]),
    ...(at(scaled, 'spec.fallback') === undefined ? ['spec.fallback is absent'] : []),
    ...((min ?? 0) >= 1 && (max ?? 0) >= (min ?? 0) && (max ?? Infinity) <= partitions
      ? []
      : [`replicas are ${min}..${max}: at least one, at most the ${partitions} partitions`]),
    ...triggers.flatMap((trigger, index) => problemsOfTrigger(trigger, app, app.inputs[index]?.name ?? '')),
  ];
}

/**
 * Holds an app's YAML file against what the platform needs and what the app's code says.
 *
 * @param text  a Deployment, then a ScaledObject
 * @returns what is wrong with it, one sentence each; none for a file as `deploymentOf` writes it
 */
export function checkDeployment(text: string, app: DeployedApp): string[] {
  const documents = yaml.parseAllDocuments(text);
  const broken = documents.flatMap(({ errors }) => errors.map(({ message }) => `no YAML: ${message}`));
  if (broken.length > 0) return broken;
  const [deployment, scaled, ...more] = documents.map((document) => document.toJSON() as unknown);
  return [
    ...problemsOfDeployment(deployment, app),
    ...problemsOfScaledObject(scaled, app),
    ...(more.length > 0 ? [`${more.length} documents too many`] : []),
  ];
}
