import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { checkDeployment } from './check-deployment.ts';
import { deploymentOf, type AppDeployment } from './deployment-of.ts';

const app = {
  name: 'session-counter',
  inputs: [{ name: topics.viewportViewed.name, partitions: topics.viewportViewed.partitions }],
  startFrom: 'earliest',
} as const satisfies AppDeployment;
const written = deploymentOf(app);

test('what is written is what the platform needs and what the app says', () => {
  expect(checkDeployment(written, app)).toEqual([]);
});

test('state, secrets and several inputs have their place', () => {
  const inputs = [...app.inputs, { name: topics.warmupRequests.name, partitions: 12 }];
  const text = deploymentOf({ ...app, inputs, startFrom: 'latest', hasState: true, secrets: ['DATABASE_URL'] });
  expect(checkDeployment(text, { ...app, inputs, startFrom: 'latest' })).toEqual([]);
  expect(text).toContain('name: STATE_DIR\n              value: /var/lib/porchlight/state');
  expect(text).toContain('name: DATABASE_URL\n              valueFrom:\n                secretKeyRef:');
  expect(text).toContain('maxReplicaCount: 12');
});

test('the lag that adds a replica is what one gets done in the time that is tolerated', () => {
  expect(deploymentOf({ ...app, recordsPerS: 40, toleratedLagS: 5 })).toContain('lagThreshold: "200"');
});

describe('a file that has lost something is refused', () => {
  test.each([
    ['a probe', 'path: /readyz', 'path: /', 'readinessProbe.httpGet.path is "/", not "/readyz"'],
    ['the grace', 'terminationGracePeriodSeconds: 45', 'terminationGracePeriodSeconds: 25', 'grace period, 25000 ms'],
    ['the user', 'runAsNonRoot: true', 'runAsNonRoot: false', 'securityContext.runAsNonRoot is false, not true'],
    ['the capabilities', 'drop:', 'add:', 'capabilities.drop is absent, not ["ALL"]'],
    ['the memory', 'memory: 256Mi', 'memory: null', 'resources.requests.memory'],
    ['the group', 'consumerGroup: porchlight.', 'consumerGroup: ', 'metadata.consumerGroup is "session-counter"'],
    ['the beginning', 'offsetResetPolicy: earliest', 'offsetResetPolicy: latest', 'metadata.offsetResetPolicy'],
    ['the text of a number', 'lagThreshold: "1000"', 'lagThreshold: 1000', 'metadata.lagThreshold is no text'],
    ['the threshold', 'lagThreshold: "1000"', 'lagThreshold: "0"', 'metadata.lagThreshold is "0"'],
    ['the bound of the partitions', 'maxReplicaCount: 6', 'maxReplicaCount: 7', 'replicas are 2..7'],
    ['the last replica', 'minReplicaCount: 2', 'minReplicaCount: 0', 'replicas are 0..6'],
    ['its form', 'kind: Deployment', 'kind: [', 'no YAML'],
  ])('%s', (_what, take, put, problem) => {
    const changed = written.replace(take, put);
    expect(changed).not.toBe(written);
    expect(checkDeployment(changed, app).join('\n')).toContain(problem);
  });
});

const repository = new URL('../../../../', import.meta.url);

/** Where an app begins and what it reads, by its own source: an app is not imported. */
function appNamed(name: string) {
  const task = readFileSync(new URL(`apps/${name}/${name}.task.ts`, repository), 'utf8');
  const startFrom = /startFrom: '(earliest|latest)'/.exec(task)?.[1] as 'earliest' | 'latest';
  const inputs = [...task.matchAll(/\binput: topics\.(\w+)/g)].map(([, key]) => topics[key as keyof typeof topics]);
  return { name, startFrom, inputs };
}

function filesIn(folder: URL): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

test('every deployment of a generated app agrees with the source of its app', () => {
  const files = filesIn(new URL('deploy/apps/', repository));
  const problems = files.flatMap((file) =>
    checkDeployment(
      readFileSync(new URL(`deploy/apps/${file}`, repository), 'utf8'),
      appNamed(file.replace('.yaml', '')),
    ).map((problem) => `${file}: ${problem}`),
  );
  expect(problems).toEqual([]);
});
