import { groupOf } from '@porchlight/contracts';
import yaml from 'yaml';
import { containerOf, volumesOf } from './container-of.ts';
import { scaledObjectOf } from './scaled-object-of.ts';

/** What differs from app to app. */
export interface AppDeployment {
  readonly name: string;
  /** The topics whose lag scales it. */
  readonly inputs: readonly { readonly name: string; readonly partitions: number }[];
  /** Where the app's group begins without an offset; the scaler must think the same. */
  readonly startFrom: 'earliest' | 'latest';
  readonly hasState?: boolean;
  /** Records a second that one replica gets done; measure it. */
  readonly recordsPerS?: number;
  /** How old the lag may get before there is another replica. */
  readonly toleratedLagS?: number;
  readonly replicasMin?: number;
  readonly drainMs?: number;
  readonly memoryMb?: number;
  /** Names in the Secret `<name>`, each a variable of its own. */
  readonly secrets?: readonly string[];
}

export type Deployed = Required<AppDeployment>;

const defaults = {
  hasState: false,
  recordsPerS: 100,
  toleratedLagS: 10,
  replicasMin: 2,
  drainMs: 25_000,
  memoryMb: 256,
  secrets: [],
} as const;

/** Beyond the drain: what libs/service grants itself, closing, and a busy node. */
const GRACE_BEYOND_DRAIN_MS = 20_000;
const MS_PER_SECOND = 1_000;
const USER_ID = 10_001;

const HEADER = (name: string): string => `# ${name}: what runs it and what scales it. Group ${groupOf(name)}.
# The ConfigMap porchlight has KAFKA_BROKERS and SCHEMA_REGISTRY_URL; the image's name is set by an overlay.
`;

const deployment = (app: Deployed) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: app.name,
    labels: { 'app.kubernetes.io/name': app.name, 'app.kubernetes.io/part-of': 'porchlight' },
  },
  spec: {
    // No `replicas`: the ScaledObject decides, and an apply must not set it back.
    selector: { matchLabels: { 'app.kubernetes.io/name': app.name } },
    minReadySeconds: 10,
    // One goes before the next comes: a member more than there are partitions would idle, and each change is a rebalance.
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    template: {
      metadata: { labels: { 'app.kubernetes.io/name': app.name, 'app.kubernetes.io/part-of': 'porchlight' } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: Math.ceil((app.drainMs + GRACE_BEYOND_DRAIN_MS) / MS_PER_SECOND),
        securityContext: {
          runAsNonRoot: true,
          runAsUser: USER_ID,
          runAsGroup: USER_ID,
          fsGroup: USER_ID,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
          maxSkew: 1,
          topologyKey,
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': app.name } },
          matchLabelKeys: ['pod-template-hash'],
        })),
        containers: [containerOf(app)],
        volumes: volumesOf(app),
      },
    },
  },
});

/**
 * The Kubernetes assets of a stream app: a Deployment and a KEDA ScaledObject, as one YAML file of two documents. The one template of all apps.
 *
 * @returns YAML; `checkDeployment` says what a changed file has lost
 */
export function deploymentOf(app: AppDeployment): string {
  const whole: Deployed = { ...defaults, ...app };
  const documents = [deployment(whole), scaledObjectOf(whole)].map((document) => yaml.stringify(document));
  return `${HEADER(app.name)}${documents.join('---\n')}`;
}
