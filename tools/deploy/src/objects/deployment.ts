import type { DeployedApp } from '../spec/deploy-spec.ts';
import { configMapsOf, secretNameOf, secretsOf } from './app-variables.ts';
import { labelsOf, NAME_LABEL, PART_OF, selectorOf, type KubernetesObject } from './kubernetes-object.ts';
import { containerSecurity, mountsOf, podSecurity, secretVariables, volumesOf } from './pod.ts';

/** Beyond the drain: what libs/service grants itself, closing, and a busy node. */
const GRACE_BEYOND_DRAIN_MS = 20_000;
const MS_PER_SECOND = 1_000;

/** @returns how long Kubernetes waits before it kills, seconds */
export const graceSecondsOf = (drainMs: number): number => Math.ceil((drainMs + GRACE_BEYOND_DRAIN_MS) / MS_PER_SECOND);

const probe = (path: string, numbers: { periodSeconds: number; failureThreshold: number }) => ({
  httpGet: { path, port: 'operations' },
  timeoutSeconds: 2,
  ...numbers,
});

/**
 * Ready once it has joined its group or has its cache, however long that takes. Alive says nothing of Kafka or Redis: an outage of
 * theirs must not restart every pod.
 */
const probes = {
  startupProbe: probe('/livez', { periodSeconds: 2, failureThreshold: 60 }),
  livenessProbe: probe('/livez', { periodSeconds: 10, failureThreshold: 6 }),
  readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 2 }),
};

function containerOf(app: DeployedApp) {
  const { name, spec } = app;
  const memory = `${spec.resources.memoryMb}Mi`;
  const { http } = spec.ports;
  return {
    name,
    image: `porchlight/${name}`,
    ports: [
      { name: 'operations', containerPort: spec.ports.operations },
      ...(http === undefined ? [] : [{ name: 'http', containerPort: http }]),
    ],
    envFrom: configMapsOf(app).map((each) => ({ configMapRef: { name: each } })),
    ...(secretsOf(app).length === 0 ? {} : { env: secretVariables(secretsOf(app)) }),
    ...probes,
    // No limit of CPU: throttling breaks heartbeats.
    resources: { requests: { cpu: spec.resources.cpu, memory }, limits: { memory } },
    securityContext: containerSecurity,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: mountsOf({ secret: secretNameOf(app), hasState: spec.state !== undefined }),
  };
}

const spreadOf = (name: string) =>
  ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: selectorOf(name),
    matchLabelKeys: ['pod-template-hash'],
  }));

/** One goes before the next comes: a member more than there are partitions would idle, and each change is a rebalance. */
const consumerRollout = { maxSurge: 0, maxUnavailable: 1 };
const serverRollout = { maxSurge: '25%', maxUnavailable: 0 };

/** @returns the Deployment of an app. No `replicas` where a scaler decides: an apply must not set them back */
export function deploymentOf(app: DeployedApp): KubernetesObject {
  const { name, spec } = app;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: labelsOf(name, 'apps') },
    spec: {
      ...(spec.scale.by === 'nothing' ? { replicas: spec.scale.replicas } : {}),
      selector: selectorOf(name),
      minReadySeconds: 10,
      // A rollout that gets no further says so, and `rollout status` ends.
      progressDeadlineSeconds: 300,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: spec.ports.http === undefined ? consumerRollout : serverRollout,
      },
      template: {
        metadata: { labels: { [NAME_LABEL]: name, ...PART_OF } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: graceSecondsOf(spec.drainMs),
          securityContext: podSecurity,
          topologySpreadConstraints: spreadOf(name),
          containers: [containerOf(app)],
          volumes: volumesOf({ secret: secretNameOf(app), hasState: spec.state !== undefined }),
        },
      },
    },
  };
}

/** @returns the account of an app, or of a Job: it asks the API server for nothing */
export const serviceAccountOf = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, labels: labelsOf(name, 'foundation') },
  automountServiceAccountToken: false,
});

/** @returns one pod at a time, also one that crashes; none for an app of one replica, which no budget protects */
export function disruptionBudgetOf({ name }: DeployedApp): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, labels: labelsOf(name, 'apps') },
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: selectorOf(name) },
  };
}

/** @returns what callers call; none for an app without an HTTP port */
export function servicesOf({ name, spec }: DeployedApp): KubernetesObject[] {
  if (spec.ports.http === undefined) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels: labelsOf(name, 'apps') },
      spec: {
        selector: { [NAME_LABEL]: name },
        ports: [
          { name: 'http', port: 80, targetPort: 'http' },
          { name: 'operations', port: spec.ports.operations, targetPort: 'operations' },
        ],
      },
    },
  ];
}
