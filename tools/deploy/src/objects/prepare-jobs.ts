import { dependencies, placeNameOf, type DependencyName } from '../dependencies.ts';
import { serviceAccountOf } from './deployment.ts';
import { externalSecretOf } from './external-secret.ts';
import { kafkaUserOf, REPLICATION, topicsJobAcls } from './kafka-objects.ts';
import { labelsOf, NAME_LABEL, PART_OF, STEP_LABEL, type KubernetesObject } from './kubernetes-object.ts';
import { jobPolicyOf } from './network-policy.ts';
import { containerSecurity, mountsOf, podSecurity, volumesOf } from './pod.ts';

/** What must be done before an app of a new version starts; each is safe to run twice. */
interface Preparation {
  readonly name: string;
  /** Of the command line of `porchlight`. */
  readonly args: readonly string[];
  readonly need: DependencyName;
}

/** In this order: an app of the new version may need all three. */
export const preparations: readonly Preparation[] = [
  { name: 'migrate-database', args: ['database', 'migrate'], need: 'postgres' },
  { name: 'apply-topics', args: ['topics', 'apply', '--replication', String(REPLICATION)], need: 'kafka' },
  { name: 'register-schemas', args: ['schemas', 'register'], need: 'registry' },
];

const DEADLINE_S = 600;
/** Long enough to read why it failed, on a Monday. */
const KEPT_S = 3 * 24 * 3_600;

function containerOf({ name, args, need }: Preparation) {
  const { place, secrets } = dependencies[need];
  const hasPlace = Object.keys(place).length > 0;
  return {
    name,
    image: 'porchlight/cli',
    args,
    ...(hasPlace ? { envFrom: [{ configMapRef: { name: placeNameOf(need) } }] } : {}),
    env: [
      // The command line reads no files of secrets, unlike the apps.
      ...secrets.map((each) => ({ name: each, valueFrom: { secretKeyRef: { name: `${name}-secrets`, key: each } } })),
      { name: 'NODE_OPTIONS', value: '--max-old-space-size=192' },
      { name: 'NO_COLOR', value: '1' },
    ],
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '256Mi' } },
    securityContext: containerSecurity,
    // The last lines that it printed are its reason, also for those who may not read logs.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: mountsOf(noFolders),
  };
}

const noFolders = { secret: undefined, hasState: false };

function jobOf(preparation: Preparation, step: number): KubernetesObject {
  const { name } = preparation;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { ...labelsOf(name, 'prepare'), [STEP_LABEL]: String(step) } },
    spec: {
      backoffLimit: 2,
      activeDeadlineSeconds: DEADLINE_S,
      ttlSecondsAfterFinished: KEPT_S,
      template: {
        metadata: { labels: { [NAME_LABEL]: name, ...PART_OF } },
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurity,
          containers: [containerOf(preparation)],
          volumes: volumesOf(noFolders),
        },
      },
    },
  };
}

/** @returns a Job with an account, a network policy, and the user that its server knows it by: the one thing that it may change */
export function preparationOf(preparation: Preparation, step: number): KubernetesObject[] {
  const { name, need } = preparation;
  const { secrets } = dependencies[need];
  return [
    serviceAccountOf(name),
    jobPolicyOf(name, dependencies[need]),
    ...(need === 'kafka' ? [kafkaUserOf(name, topicsJobAcls())] : []),
    ...(secrets.length === 0 ? [] : [externalSecretOf(`${name}-secrets`, name, secrets)]),
    jobOf(preparation, step),
  ];
}
