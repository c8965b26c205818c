import { describe, expect, test } from '@jest/globals';
import { baseObjects } from '../base/base-objects.ts';
import { appsOf } from '../spec/repository-apps.ts';
import { planted, without } from '../testing/planted.ts';
import { checkPolicies } from './check-policies.ts';
import { listAt, named } from './objects-in.ts';
import { realAppsOf } from './real-app.ts';

const apps = appsOf();
const real = await realAppsOf(apps);
const objects = baseObjects(apps);

const POD = 'spec.template.spec';
const CONTAINER = `${POD}.containers.0`;
const TRIGGER = 'spec.triggers.0.metadata';
const ACL = 'spec.authorization.acls';

test('the base breaks no policy', () => {
  expect(checkPolicies(objects, real)).toEqual([]);
});

test('what an app does is read from its own code', () => {
  const facts = real.map(({ name, needs, inputs, startFrom, outputs }) => [
    name,
    needs,
    inputs.map((topic) => topic.name),
    startFrom,
    outputs,
  ]);
  const ours = [
    [
      'catalog-relay',
      ['kafka', 'registry', 'postgres', 'traces'],
      [],
      null,
      ['listing.status-changed', 'visibility.mls-rule-changed', 'visibility.seller-override-changed'],
    ],
    [
      'data-fetcher',
      ['kafka', 'registry', 'redis', 'upstream', 'traces'],
      ['warmup.requests'],
      'latest',
      ['warmup.estimates'],
    ],
    ['data-writer', ['kafka', 'registry', 'redis', 'traces'], ['warmup.estimates'], 'earliest', []],
    [
      'estimate-api',
      ['kafka', 'registry', 'redis', 'postgres', 'upstream', 'jwks', 'traces'],
      [],
      null,
      ['map.viewport-viewed'],
    ],
    [
      'forecaster',
      ['kafka', 'registry', 'redis', 'postgres', 'traces'],
      ['map.viewport-viewed'],
      'latest',
      ['porchlight.forecaster.changelog', 'warmup.candidates'],
    ],
    [
      'invalidator',
      ['kafka', 'registry', 'redis', 'postgres', 'traces'],
      [
        'listing.status-changed',
        'visibility.seller-override-changed',
        'estimate.updated',
        'visibility.mls-rule-changed',
      ],
      'earliest',
      [],
    ],
    [
      'request-filter',
      ['kafka', 'registry', 'redis', 'postgres', 'traces'],
      ['warmup.candidates'],
      'latest',
      ['warmup.requests'],
    ],
  ];
  // An app that somebody makes does what it does.
  expect(facts).toEqual(expect.arrayContaining(ours));
});

const fetcher = ['Deployment', 'data-fetcher'] as const;
const scaled = ['ScaledObject', 'data-fetcher'] as const;
const user = ['KafkaUser', 'data-fetcher'] as const;
const budget = ['PodDisruptionBudget', 'data-fetcher'] as const;
const policy = ['NetworkPolicy', 'data-fetcher'] as const;
const anyPlace = { ports: [{ protocol: 'TCP', port: 6379 }] };
const database = {
  to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'postgres' } } }],
  ports: [{ protocol: 'TCP', port: 5432 }],
};
const acl = (type: string, name: string, operations: string[], patternType = 'literal') => ({
  resource: { type, name, patternType },
  operations,
});
const fetcherAcls = listAt(named(objects, 'KafkaUser', 'data-fetcher'), ACL);
const anyTopic = { resource: { type: 'cluster' }, operations: ['Create', 'Describe'] };

describe('a planted fault is refused, and nothing else is', () => {
  test.each([
    [
      'more replicas than partitions',
      scaled,
      'spec.maxReplicaCount',
      13,
      '13 replicas are more than the 12 partitions',
    ],
    ['most below least', scaled, 'spec.minReplicaCount', 12.5, 'at most 12 replicas are fewer than at least 12.5'],
    ['a group that goes to none', scaled, 'spec.fallback', undefined, 'it has no fallback'],
    ['another topic', scaled, `${TRIGGER}.topic`, 'warmup.request', 'which the app does not read'],
    [
      'another group',
      scaled,
      `${TRIGGER}.consumerGroup`,
      'porchlight.data-writer',
      "the app's is porchlight.data-fetcher",
    ],
    ['another beginning', scaled, `${TRIGGER}.offsetResetPolicy`, 'earliest', 'and the app at latest'],
    ['a number where KEDA wants text', scaled, `${TRIGGER}.lagThreshold`, 240, 'lagThreshold is no text'],
    ['no threshold', scaled, `${TRIGGER}.lagThreshold`, '0', 'its lagThreshold is "0"'],
    ['a field that the scaler does not know', scaled, `${TRIGGER}.lagTreshold`, '1', 'its scaler knows no lagTreshold'],
    ['lag that is not counted', scaled, `${TRIGGER}.excludePersistentLag`, 'true', 'it excludes persistent lag'],
    ['a grace below the drain', fetcher, `${POD}.terminationGracePeriodSeconds`, 20, 'the grace period, 20000 ms'],
    [
      'a drain above the grace',
      ['ConfigMap', 'data-fetcher-config'],
      'data.DRAIN_MS',
      '44000',
      'longer than DRAIN_MS, 44000',
    ],
    ['a budget of all replicas', budget, 'spec.maxUnavailable', 2, 'maxUnavailable 2 may take all of 2 replicas'],
    ['a budget of none', budget, 'spec.maxUnavailable', 0, 'maxUnavailable is 0: nothing drains'],
    ['a budget that a crash holds up', budget, 'spec.unhealthyPodEvictionPolicy', undefined, 'would hold up a drain'],
    ['a budget for one replica', scaled, 'spec.minReplicaCount', 1, 'there is one, and 1 replica'],
    ['a group of any name', user, `${ACL}.3`, acl('group', '*', ['Read']), 'group * is not one name'],
    ['a prefix', user, `${ACL}.0.resource.patternType`, 'prefix', 'topic warmup.requests is not one name'],
    [
      'an operation too many',
      user,
      `${ACL}.0.operations`,
      ['Describe', 'Read', 'Write'],
      'it may Write topic warmup.requests',
    ],
    ['everything at once', user, `${ACL}.1.operations`, ['All'], 'it may All topic warmup.estimates'],
    [
      'a wide line before the proper one',
      user,
      ACL,
      [acl('topic', 'warmup.estimates', ['All']), ...fetcherAcls],
      'it may All topic warmup.estimates',
    ],
    [
      'a Job that makes any topic',
      ['KafkaUser', 'apply-topics'],
      ACL,
      [anyTopic],
      'KafkaUser apply-topics: it may Create cluster',
    ],
    [
      'a topic of somebody else',
      user,
      `${ACL}.4`,
      acl('topic', 'listing.status-changed', ['Read']),
      'it may Read topic listing.status-changed',
    ],
    [
      'no dead letters',
      user,
      `${ACL}.2.operations`,
      ['Describe'],
      'it may not Write topic porchlight.data-fetcher.dlq',
    ],
    ['a scaler that reads', ['KafkaUser', 'keda'], `${ACL}.0.operations`, ['Describe', 'Read'], 'it may Read topic'],
    [
      'a Job that writes records',
      ['KafkaUser', 'apply-topics'],
      `${ACL}.0.operations`,
      ['Write'],
      'it may Write topic',
    ],
    ['egress that nobody declared', policy, 'spec.egress.6', database, 'it lets out to 5432'],
    ['egress to anywhere', policy, 'spec.egress.3', anyPlace, 'it lets out to anywhere on 6379'],
    ['egress that is missing', policy, 'spec.egress.3', database, 'it does not let out to 6379'],
    ['egress of every kind', policy, 'spec.policyTypes', ['Ingress'], 'it is not about both ways'],
    ['no probe', fetcher, `${CONTAINER}.readinessProbe`, undefined, 'readinessProbe.httpGet.path is absent'],
    ['a probe of another path', fetcher, `${CONTAINER}.livenessProbe.httpGet.path`, '/readyz', 'not "/livez"'],
    ['a privileged container', fetcher, `${CONTAINER}.securityContext.privileged`, true, 'privileged is true'],
    ['a capability', fetcher, `${CONTAINER}.securityContext.capabilities.add`, ['NET_ADMIN'], 'capabilities is'],
    ['root', fetcher, `${POD}.securityContext.runAsNonRoot`, false, 'runAsNonRoot is false'],
    [
      'a file system to write to',
      fetcher,
      `${CONTAINER}.securityContext.readOnlyRootFilesystem`,
      false,
      'readOnlyRootFilesystem',
    ],
    ['the host', fetcher, `${POD}.volumes.2`, { name: 'host', hostPath: { path: '/' } }, 'a volume is of hostPath'],
    ['the network of the host', fetcher, `${POD}.hostNetwork`, true, 'hostNetwork is true'],
    ['a second container', fetcher, `${POD}.containers.1`, { name: 'shell' }, 'it has not one container'],
    ['a token', ['ServiceAccount', 'data-fetcher'], 'automountServiceAccountToken', undefined, 'is absent, not false'],
    ['a Job as root', ['Job', 'apply-topics'], `${POD}.securityContext.runAsNonRoot`, undefined, 'Job apply-topics'],
    [
      'a variable of nobody',
      ['ConfigMap', 'data-fetcher-config'],
      'data.LINGER_MS',
      '5',
      'it has no variable LINGER_MS',
    ],
    ['a value out of range', ['ConfigMap', 'data-fetcher-config'], 'data.METRICS_PORT', '94640', 'METRICS_PORT'],
    [
      'an address that is missing',
      fetcher,
      `${CONTAINER}.envFrom.0.configMapRef.name`,
      'elsewhere',
      'KAFKA_BROKERS is missing',
    ],
    ['a secret that is missing', fetcher, `${CONTAINER}.env.0.name`, 'REDIS_URL', 'REDIS_URL'],
    ['another port', fetcher, `${CONTAINER}.ports.0.containerPort`, 9465, 'the app listens on 9464'],
    [
      'a topic with other partitions',
      ['KafkaTopic', 'warmup.requests'],
      'spec.partitions',
      6,
      'partitions are 6, not 12',
    ],
    [
      'a topic of no contract',
      ['KafkaTopic', 'warmup.requests'],
      'spec.topicName',
      'warmup.request',
      'is no topic of the contracts',
    ],
  ] as const)('%s', (_what, object, path, value, problem) => {
    const problems = checkPolicies(planted(objects, object, path, value), real);
    expect(problems.join('\n')).toContain(problem);
    expect(
      problems.every((each) => each.includes(object[1].replace('-config', '')) || each.includes('warmup.request')),
    ).toBe(true);
  });

  test.each([
    ['Deployment', 'data-fetcher', 'data-fetcher has no Deployment'],
    ['ScaledObject', 'data-fetcher', 'data-fetcher has no ScaledObject'],
    ['PodDisruptionBudget', 'estimate-api', 'there is none, and at least 3 replicas'],
    ['NetworkPolicy', 'data-fetcher', 'data-fetcher has no NetworkPolicy'],
    ['NetworkPolicy', 'default-deny', 'no NetworkPolicy denies by default'],
    ['KafkaUser', 'data-fetcher', 'data-fetcher has no KafkaUser'],
    ['ServiceAccount', 'data-fetcher', 'its account "data-fetcher" is not there'],
    ['KafkaTopic', 'warmup.requests', 'KafkaTopic warmup.requests is absent'],
  ])('a %s that is missing: %s', (kind, name, problem) => {
    expect(checkPolicies(without(objects, kind, name), real).join('\n')).toContain(problem);
  });
});
