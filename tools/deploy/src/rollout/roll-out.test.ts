import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { baseObjects } from '../base/base-objects.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { objectsIn } from '../policy/objects-in.ts';
import { appsOf } from '../spec/repository-apps.ts';
import type { Kubectl } from './kubectl.ts';
import { asText } from './plan-rollout.ts';
import { rollOut } from './roll-out.ts';

const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'porchlight', labels: { 'porchlight.io/stage': 'foundation' } },
};
const overlay = asText([
  namespace,
  ...baseObjects(appsOf()).map((object) => ({
    ...object,
    metadata: { ...object.metadata, namespace: 'porchlight' },
  })),
]);

const condition = (type: string, more: object = {}) => ({
  status: { conditions: [{ type, status: 'True', ...more }] },
});
const words = 'CONFIG_DIFFERS: warmup.requests has 6 partitions';
const podOf = (exitCode: number) => ({
  status: { containerStatuses: [{ state: { terminated: { exitCode, message: `${words}\n` } } }] },
});

/** What a cluster is told, in order, and how its Jobs end: the answers to each asking, the last one for ever. */
function clusterWhere(jobs: Readonly<Record<string, readonly object[]>> = {}) {
  const told: string[] = [];
  const asked = new Map<string, number>();
  const kubectl: Kubectl = async (args, input = '') => {
    if (args[0] === 'kustomize') return overlay;
    if (args[0] === 'apply') told.push(`apply ${[...new Set(objectsIn(input).map(({ kind }) => kind))].join(' ')}`);
    else
      told.push(
        args
          .filter((word) => !word.startsWith('-'))
          .slice(0, 3)
          .join(' '),
      );
    if (args[0] !== 'get') return '';
    if (args[1] === 'pods') return JSON.stringify({ items: [podOf(1), podOf(1)] });
    const job = String(args[1]).replace('job/', '');
    const answers = jobs[job] ?? [condition('Complete')];
    const turn = asked.get(job) ?? 0;
    asked.set(job, turn + 1);
    return JSON.stringify(answers[Math.min(turn, answers.length - 1)]);
  };
  return { told, kubectl };
}

const quiet = { overlay: 'deploy/k8s/overlays/production', say: () => undefined, pause: async () => undefined };

const job = (name: string): string[] => [`delete job/${name} porchlight`, 'apply Job', `get job/${name} porchlight`];
const foundation = [
  'apply Namespace',
  expect.stringMatching(/^apply NetworkPolicy ConfigMap KafkaTopic KafkaUser ServiceAccount ExternalSecret/),
];

test('the foundation is laid, each Job runs to its end, and only then the apps come', async () => {
  const { told, kubectl } = clusterWhere();
  await rollOut({ ...quiet, kubectl });
  expect(told).toEqual([
    ...foundation,
    ...job('migrate-database'),
    ...job('apply-topics'),
    ...job('register-schemas'),
    expect.stringMatching(/^apply Deployment PodDisruptionBudget PodMonitor .*ScaledObject/),
    ...appsOf().map(({ name }) => `rollout status deployment/${name}`),
  ]);
});

test('a Job that goes on is waited for', async () => {
  const { told, kubectl } = clusterWhere({
    'apply-topics': [{ status: {} }, condition('Failed', { status: 'False' }), condition('Complete')],
  });
  await rollOut({ ...quiet, kubectl });
  expect(told.filter((line) => line.startsWith('get job/apply-topics'))).toHaveLength(3);
  expect(told.filter((line) => line.startsWith('rollout status'))).toHaveLength(appsOf().length);
});

test('a Job that fails stops the rollout with what it printed, each word once, and no app is touched', async () => {
  const reason = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  const { told, kubectl } = clusterWhere({ 'apply-topics': [condition('Failed', reason)] });
  await expect(rollOut({ ...quiet, kubectl })).rejects.toMatchObject({
    code: 'JOB_FAILED',
    message: `apply-topics failed (BackoffLimitExceeded: Job has reached the specified backoff limit); no app was touched.\n${words}`,
  });
  expect(told).toEqual([...foundation, ...job('migrate-database'), ...job('apply-topics'), 'get pods porchlight']);
});

test('a Job that never ends is given up', async () => {
  const { told, kubectl } = clusterWhere({ 'migrate-database': [{ status: {} }] });
  await expect(rollOut({ ...quiet, kubectl })).rejects.toMatchObject({ code: 'JOB_SILENT' });
  expect(told.some((line) => line.includes('Deployment'))).toBe(false);
});

test('a dry run says the order and applies nothing', async () => {
  const { told, kubectl } = clusterWhere();
  const said: string[] = [];
  await rollOut({ ...quiet, kubectl, isDryRun: true, say: (line) => said.push(line) });
  expect(told).toEqual([]);
  expect(said.slice(2, 5)).toEqual([
    'run job/migrate-database to its end',
    'run job/apply-topics to its end',
    'run job/register-schemas to its end',
  ]);
});

test('an object that says no stage is refused before anything is applied', async () => {
  const stray: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'stray' } };
  const { told, kubectl } = clusterWhere();
  const withStray: Kubectl = async (args, input) =>
    args[0] === 'kustomize' ? `${overlay}---\n${stringify(stray)}` : kubectl(args, input);
  await expect(rollOut({ ...quiet, kubectl: withStray })).rejects.toThrow(
    'ConfigMap stray has no label porchlight.io/stage',
  );
  expect(told).toEqual([]);
});
