import { allWantedTopics, type WantedTopic } from '@porchlight/cli';
import { deadLetterTopicOf, groupOf, topics } from '@porchlight/contracts';
import type { DeployedApp } from '../spec/deploy-spec.ts';
import { labelsOf, type KubernetesObject } from './kubernetes-object.ts';

/** In-sync needs two of them; README.md says why three. */
export const REPLICATION = 3;
const CLUSTER = { 'strimzi.io/cluster': 'porchlight' };
const API = 'kafka.strimzi.io/v1';

/** One line of an ACL: a principal may do these with this one thing. */
export interface Acl {
  readonly resource: {
    readonly type: 'topic' | 'group' | 'cluster';
    readonly name?: string;
    readonly patternType?: string;
  };
  readonly operations: readonly string[];
}

export const topicAcl = (name: string, operations: readonly string[]): Acl => ({
  resource: { type: 'topic', name, patternType: 'literal' },
  operations,
});
export const groupAcl = (name: string, operations: readonly string[]): Acl => ({
  resource: { type: 'group', name, patternType: 'literal' },
  operations,
});

const WRITES = ['Describe', 'Write'];

/** What an app does with Kafka: literal names, no prefix, no operation that it can do without. */
export function aclsOf({ name, spec }: DeployedApp): Acl[] {
  const { consumes, produces, state } = spec;
  const reads = consumes?.checksRetention === true ? ['Describe', 'DescribeConfigs', 'Read'] : ['Describe', 'Read'];
  return [
    ...(consumes?.topics ?? []).map((key) => topicAcl(topics[key].name, reads)),
    ...produces.map((key) => topicAcl(topics[key].name, WRITES)),
    ...(state === undefined ? [] : [topicAcl(topics[state].name, ['Describe', 'DescribeConfigs', 'Read', 'Write'])]),
    ...(consumes === undefined ? [] : [topicAcl(deadLetterTopicOf(name), WRITES), groupAcl(groupOf(name), ['Read'])]),
  ];
}

/** @returns a principal of Kafka; the User Operator makes its password, in a Secret of the same name */
export const kafkaUserOf = (name: string, acls: readonly Acl[]): KubernetesObject => ({
  apiVersion: API,
  kind: 'KafkaUser',
  metadata: { name, labels: { ...labelsOf(name, 'foundation'), ...CLUSTER } },
  spec: { authentication: { type: 'scram-sha-512' }, authorization: { type: 'simple', acls } },
});

/** The scaler looks at lag: it describes what it scales by, and reads nothing. */
export function scalerAcls(apps: readonly DeployedApp[]): Acl[] {
  return apps.flatMap(({ name, spec: { consumes } }) =>
    consumes === undefined
      ? []
      : [
          ...consumes.topics.map((key) => topicAcl(topics[key].name, ['Describe'])),
          groupAcl(groupOf(name), ['Describe']),
        ],
  );
}

/** The Job that makes topics and holds them against the contracts: nothing of a record. */
export const topicsJobAcls = (): Acl[] => [
  ...allWantedTopics(REPLICATION).map(({ name }) => topicAcl(name, ['Create', 'Describe', 'DescribeConfigs'])),
  { resource: { type: 'cluster' }, operations: ['Describe'] },
];

const kafkaTopicOf = ({ name, partitions, replication, configs }: WantedTopic): KubernetesObject => ({
  apiVersion: API,
  kind: 'KafkaTopic',
  metadata: { name, labels: { ...labelsOf('kafka-topics', 'foundation'), ...CLUSTER } },
  spec: { topicName: name, partitions, replicas: replication, config: configs },
});

/** @returns every topic, as `porchlight topics apply` wants it: the Job finds nothing that differs */
export const kafkaTopics = (): KubernetesObject[] => allWantedTopics(REPLICATION).map(kafkaTopicOf);
