import { isDeepStrictEqual } from 'node:util';
import { allWantedTopics } from '@porchlight/cli';
import { deadLetterTopicOf, groupOf, isChangelog } from '@porchlight/contracts';
import { REPLICATION, type Acl } from '../objects/kafka-objects.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { at, listAt, named, ofKind, shown } from './objects-in.ts';
import type { RealApp } from './real-app.ts';

/** Operations by `topic map.viewport-viewed`. */
type Rights = ReadonlyMap<string, ReadonlySet<string>>;

const WRITES = ['Describe', 'Write'];
const operationsOfOutput = (name: string): string[] =>
  isChangelog(name) ? ['Describe', 'DescribeConfigs', 'Read', 'Write'] : WRITES;

/** What an app's own code does with Kafka, and so all that its principal may. */
function rightsOf(app: RealApp): Rights {
  const reads = app.checksRetention ? ['Describe', 'DescribeConfigs', 'Read'] : ['Describe', 'Read'];
  const consuming: [string, string[]][] =
    app.inputs.length === 0
      ? []
      : [
          [`topic ${deadLetterTopicOf(app.name)}`, WRITES],
          [`group ${groupOf(app.name)}`, ['Read']],
        ];
  const all: [string, string[]][] = [
    ...app.inputs.map(({ name }): [string, string[]] => [`topic ${name}`, reads]),
    ...app.outputs.map((name): [string, string[]] => [`topic ${name}`, operationsOfOutput(name)]),
    ...consuming,
  ];
  return new Map(all.map(([what, operations]) => [what, new Set(operations)]));
}

/** Principals that are no app: what they may do with what they name, by its type, and never a record. */
const others: Readonly<Record<string, Readonly<Partial<Record<Acl['resource']['type'], readonly string[]>>>>> = {
  keda: { topic: ['Describe'], group: ['Describe'] },
  // Create on the cluster would be any topic at all.
  'apply-topics': { topic: ['Create', 'Describe', 'DescribeConfigs'], cluster: ['Describe'] },
};

const whatOf = ({ resource }: Acl): string => `${resource.type} ${resource.name ?? ''}`.trim();

function widthProblems(acls: readonly Acl[]): string[] {
  return acls
    .filter(({ resource }) => resource.type !== 'cluster')
    .filter(({ resource }) => resource.patternType !== 'literal' || (resource.name ?? '*') === '*')
    .map((acl) => `${whatOf(acl)} is not one name, spelled out`);
}

/** Lines about one thing add up: the authorizer asks whether any of them allows. */
function givenBy(acls: readonly Acl[]): Rights {
  const given = new Map<string, Set<string>>();
  for (const acl of acls) given.set(whatOf(acl), new Set([...(given.get(whatOf(acl)) ?? []), ...acl.operations]));
  return given;
}

function problemsOfApp(acls: readonly Acl[], app: RealApp): string[] {
  const rights = rightsOf(app);
  const given = givenBy(acls);
  const tooMany = [...given].flatMap(([what, operations]) =>
    [...operations]
      .filter((operation) => rights.get(what)?.has(operation) !== true)
      .map((operation) => `it may ${operation} ${what}, and the app does not`),
  );
  const tooFew = [...rights].flatMap(([what, operations]) =>
    [...operations]
      .filter((operation) => given.get(what)?.has(operation) !== true)
      .map((operation) => `it may not ${operation} ${what}, and the app must`),
  );
  return [...widthProblems(acls), ...tooMany, ...tooFew];
}

function problemsOfUser(user: KubernetesObject, apps: readonly RealApp[]): string[] {
  const { name } = user.metadata;
  const acls = listAt(user, 'spec.authorization.acls') as Acl[];
  const app = apps.find((each) => each.name === name);
  if (app !== undefined) return problemsOfApp(acls, app);
  const allowed = others[name];
  if (allowed === undefined) return ['nobody is called that'];
  const beyond = acls.flatMap((acl) =>
    acl.operations
      .filter((operation) => allowed[acl.resource.type]?.includes(operation) !== true)
      .map((operation) => `it may ${operation} ${whatOf(acl)}`),
  );
  return [...widthProblems(acls), ...beyond];
}

/** @returns where a principal may more or less than its app does; manifests without Strimzi have none at all */
export function aclProblems(objects: readonly KubernetesObject[], apps: readonly RealApp[]): string[] {
  const users = ofKind(objects, 'KafkaUser');
  const absent = users.length === 0 ? [] : apps.filter(({ name }) => named(objects, 'KafkaUser', name) === undefined);
  return [
    ...absent.map(({ name }) => `${name} has no KafkaUser`),
    ...users.flatMap((user) =>
      problemsOfUser(user, apps).map((problem) => `KafkaUser ${user.metadata.name}: ${problem}`),
    ),
  ];
}

/** @returns where a topic is not as `porchlight topics apply` wants it */
export function topicProblems(objects: readonly KubernetesObject[]): string[] {
  const standing = ofKind(objects, 'KafkaTopic');
  if (standing.length === 0) return [];
  const wanted = allWantedTopics(REPLICATION);
  const names = wanted.map(({ name }) => name);
  const strange = standing
    .map((topic) => at(topic, 'spec.topicName'))
    .filter((name) => !names.includes(String(name)))
    .map((name) => `KafkaTopic ${shown(name)} is no topic of the contracts`);
  const wrong = wanted.flatMap(({ name, partitions, configs }) => {
    const topic = standing.find((each) => at(each, 'spec.topicName') === name);
    if (topic === undefined) return [`KafkaTopic ${name} is absent`];
    const count = at(topic, 'spec.partitions');
    const config = at(topic, 'spec.config');
    return [
      ...(count === partitions ? [] : [`KafkaTopic ${name}: partitions are ${shown(count)}, not ${partitions}`]),
      ...(isDeepStrictEqual(config, configs) ? [] : [`KafkaTopic ${name}: its config is not the contract's`]),
    ];
  });
  return [...strange, ...wrong];
}
