import type { WantedTopic } from './wanted-topics.ts';

/** A topic as Kafka has it. */
export interface FoundTopic {
  readonly name: string;
  readonly partitions: number;
  /** The fewest replicas that any of its partitions has. */
  readonly replication: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** One thing that is not as the code says, and the command that mends it. */
export interface TopicDifference {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  readonly mend: string;
}

interface Comparison {
  readonly wanted: WantedTopic;
  readonly found: FoundTopic;
  /** Printed in the commands. */
  readonly brokers: string;
}

function comparePartitions({ wanted, found, brokers }: Comparison): TopicDifference[] {
  if (found.partitions === wanted.partitions) return [];
  const mend =
    found.partitions < wanted.partitions
      ? `kafka-topics.sh --bootstrap-server ${brokers} --alter --topic ${wanted.name} --partitions ${wanted.partitions} (keys move to other partitions: drain the topic first)`
      : `Kafka takes no partition away: raise the number in libs/contracts/src/topics.ts, or delete the topic with its records (kafka-topics.sh --bootstrap-server ${brokers} --delete --topic ${wanted.name}) and apply again`;
  return [{ what: 'partitions', wanted: String(wanted.partitions), found: String(found.partitions), mend }];
}

function compareReplication({ wanted, found, brokers }: Comparison): TopicDifference[] {
  if (found.replication === wanted.replication) return [];
  const mend = `kafka-reassign-partitions.sh --bootstrap-server ${brokers} ...; or, if ${found.replication} is what you mean, npx porchlight topics apply --replication ${found.replication}`;
  return [{ what: 'replicas', wanted: String(wanted.replication), found: String(found.replication), mend }];
}

function compareConfigs({ wanted, found, brokers }: Comparison): TopicDifference[] {
  return Object.entries(wanted.configs)
    .filter(([name, value]) => found.configs[name] !== value)
    .map(([name, value]) => ({
      what: name,
      wanted: value,
      found: found.configs[name] ?? 'absent',
      mend: `kafka-configs.sh --bootstrap-server ${brokers} --alter --entity-type topics --entity-name ${wanted.name} --add-config ${name}=${value}`,
    }));
}

/** @returns everything in which a topic is not as wanted; configs that the code does not name may be anything */
export const compareTopic = (comparison: Comparison): TopicDifference[] => [
  ...comparePartitions(comparison),
  ...compareReplication(comparison),
  ...compareConfigs(comparison),
];
