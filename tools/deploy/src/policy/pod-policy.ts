import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { at, listAt, ofKind, shown } from './objects-in.ts';

const POD = 'spec.template.spec';
const CONTAINER = `${POD}.containers.0`;

type Wanted = readonly (readonly [path: string, value: unknown])[];

/** Of every pod, app or Job: Pod Security's `restricted`, no token, nothing to write to. */
const wantedOfPod: Wanted = [
  [`${POD}.automountServiceAccountToken`, false],
  [`${POD}.hostNetwork`, undefined],
  [`${POD}.hostPID`, undefined],
  [`${POD}.hostIPC`, undefined],
  [`${POD}.securityContext.runAsNonRoot`, true],
  [`${POD}.securityContext.seccompProfile.type`, 'RuntimeDefault'],
  [`${CONTAINER}.securityContext.allowPrivilegeEscalation`, false],
  [`${CONTAINER}.securityContext.privileged`, undefined],
  [`${CONTAINER}.securityContext.readOnlyRootFilesystem`, true],
  [`${CONTAINER}.securityContext.capabilities`, { drop: ['ALL'] }],
  [`${CONTAINER}.resources.limits.cpu`, undefined],
];

const probeOf = (name: string, path: string): Wanted => [
  [`${CONTAINER}.${name}.httpGet.path`, path],
  [`${CONTAINER}.${name}.httpGet.port`, 'operations'],
];
/** What libs/service answers; a test asks it. */
const wantedOfApp: Wanted = [
  ...probeOf('startupProbe', '/livez'),
  ...probeOf('livenessProbe', '/livez'),
  ...probeOf('readinessProbe', '/readyz'),
  [`${POD}.topologySpreadConstraints.0.topologyKey`, 'topology.kubernetes.io/zone'],
  [`${POD}.topologySpreadConstraints.1.topologyKey`, 'kubernetes.io/hostname'],
];

const present = ['requests.cpu', 'requests.memory', 'limits.memory'].map((name) => `${CONTAINER}.resources.${name}`);
/** Volumes of `restricted` that we have a use for: none that reaches the host. */
const VOLUMES = ['emptyDir', 'secret', 'configMap'];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function differing(object: KubernetesObject, wanted: Wanted): string[] {
  return wanted
    .filter(([path, value]) => !same(at(object, path), value))
    .map(([path, value]) => `${path} is ${shown(at(object, path))}, not ${shown(value)}`);
}

function problemsOfVolumes(object: KubernetesObject): string[] {
  const kinds = listAt(object, `${POD}.volumes`).flatMap((volume) =>
    Object.keys(volume as object).filter((key) => key !== 'name'),
  );
  return kinds.filter((kind) => !VOLUMES.includes(kind)).map((kind) => `a volume is of ${kind}`);
}

function problemsOfAccount(object: KubernetesObject, objects: readonly KubernetesObject[]): string[] {
  const name = at(object, `${POD}.serviceAccountName`);
  const account = ofKind(objects, 'ServiceAccount').find(({ metadata }) => metadata.name === name);
  if (account === undefined) return [`its account ${shown(name)} is not there`];
  const mounts = at(account, 'automountServiceAccountToken');
  return mounts === false ? [] : [`its account's automountServiceAccountToken is ${shown(mounts)}, not false`];
}

/** @returns what a pod may do too much, or has too little of to be known well */
export function podProblems(objects: readonly KubernetesObject[]): string[] {
  const deployments = ofKind(objects, 'Deployment');
  const jobs = ofKind(objects, 'Job');
  return [...deployments, ...jobs].flatMap((object) =>
    [
      ...differing(object, [...wantedOfPod, ...(object.kind === 'Deployment' ? wantedOfApp : [])]),
      ...present.filter((path) => (at(object, path) ?? null) === null).map((path) => `${path} is absent`),
      ...(listAt(object, `${POD}.containers`).length === 1 ? [] : ['it has not one container']),
      ...(listAt(object, `${POD}.initContainers`).length === 0
        ? []
        : ['it has init containers, which nobody looks at']),
      ...problemsOfVolumes(object),
      ...problemsOfAccount(object, objects),
    ].map((problem) => `${object.kind} ${object.metadata.name}: ${problem}`),
  );
}
