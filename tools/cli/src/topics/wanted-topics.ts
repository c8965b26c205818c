import {
  CHANGELOG_UNCOMPACTED_MS,
  DEAD_LETTER_RETENTION_MS,
  deadLetterTopicOf,
  isChangelog,
  SETTLED_RETENTION_MS,
  settledTopicOf,
  streamApps,
  topics,
  type Topic,
} from '@porchlight/contracts';

/** A topic as it shall be. Configs are spelled as Kafka spells them. */
export interface WantedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly configs: Readonly<Record<string, string>>;
}

type Declared = Pick<Topic<unknown>, 'name' | 'partitions' | 'retentionMs' | 'cleanup'>;

const REPLICATION_FOR_TWO_IN_SYNC = 3;

/** A dead letter is a record of up to a broker's usual megabyte, whole, with headers around it. */
const DEAD_LETTER_BYTES_MAX = 2 * 1024 * 1024;

/** @returns one topic of the contracts, as Kafka shall hold it; two replicas in sync where there are three */
export function wantedTopic(topic: Declared, replication: number): WantedTopic {
  return {
    name: topic.name,
    partitions: topic.partitions,
    replication,
    configs: {
      'cleanup.policy': topic.cleanup,
      'retention.ms': String(topic.retentionMs),
      'min.insync.replicas': replication >= REPLICATION_FOR_TWO_IN_SYNC ? '2' : '1',
      ...(isChangelog(topic.name) ? { 'min.compaction.lag.ms': String(CHANGELOG_UNCOMPACTED_MS) } : {}),
    },
  };
}

/** Entries of one partition, so that everybody reads who claimed a letter first in the same order. */
export const wantedSettledTopic = (name: string, replication: number): WantedTopic =>
  wantedTopic({ name, partitions: 1, retentionMs: SETTLED_RETENTION_MS, cleanup: 'delete' }, replication);

/** @returns every topic of the contracts, every dead-letter topic, and what is kept of the letters in it */
export function allWantedTopics(replication: number): WantedTopic[] {
  const deadLetters = streamApps.map((app) => {
    const name = deadLetterTopicOf(app);
    const topic = wantedTopic(
      { name, partitions: 1, retentionMs: DEAD_LETTER_RETENTION_MS, cleanup: 'delete' },
      replication,
    );
    return { ...topic, configs: { ...topic.configs, 'max.message.bytes': String(DEAD_LETTER_BYTES_MAX) } };
  });
  const settled = streamApps.map((app) => wantedSettledTopic(settledTopicOf(app), replication));
  return [...Object.values(topics).map((topic) => wantedTopic(topic, replication)), ...deadLetters, ...settled];
}
