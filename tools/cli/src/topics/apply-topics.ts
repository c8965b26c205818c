import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { compareTopic, type FoundTopic, type TopicDifference } from './compare-topic.ts';
import type { TopicAdmin } from './topic-admin.ts';
import { connectTopicAdmin } from './topic-admin.adapter.ts';
import { allWantedTopics, type WantedTopic } from './wanted-topics.ts';

export interface TopicReport {
  readonly name: string;
  readonly partitions: number;
  /** Replicas of each partition, as wanted. */
  readonly replication: number;
  /** `missing` in a dry run and in a list: it would be created. */
  readonly state: 'created' | 'unchanged' | 'missing' | 'drifted';
  readonly differences: readonly TopicDifference[];
}

export interface ApplyTopicsOptions {
  /** `host:port` each */
  readonly brokers: readonly string[];
  /** Replicas of each partition: 3 in production, 1 on one broker; `replicationFor` asks the cluster. */
  readonly replication: number;
  /** What to apply; every topic of the contracts and every dead-letter topic if absent. */
  readonly topics?: readonly WantedTopic[];
  /** Says what would be done. */
  readonly dryRun?: boolean;
  /** One line for each topic that was created. */
  readonly log?: (line: string) => void;
}

/** Metadata of a new topic reaches a broker a moment after the controller has it. */
const VISIBLE_WITHIN_MS = 10_000;
const VISIBLE_POLL_MS = 100;

const configNamesOf = (topics: readonly WantedTopic[]): string[] => [
  ...new Set(topics.flatMap(({ configs }) => Object.keys(configs))),
];

function compareAll(
  wanted: readonly WantedTopic[],
  found: readonly FoundTopic[],
  brokers: readonly string[],
): TopicReport[] {
  const byName = new Map(found.map((topic) => [topic.name, topic]));
  return wanted.map((topic) => {
    const there = byName.get(topic.name);
    const { name, partitions, replication } = topic;
    if (there === undefined) return { name, partitions, replication, state: 'missing', differences: [] };
    const differences = compareTopic({ wanted: topic, found: there, brokers: brokers.join(',') });
    return { name, partitions, replication, state: differences.length === 0 ? 'unchanged' : 'drifted', differences };
  });
}

function refuseDrift(reports: readonly TopicReport[]): void {
  const drifted = reports.filter(({ state }) => state === 'drifted');
  if (drifted.length === 0) return;
  const lines = drifted.flatMap(({ name, differences }) =>
    differences.map(({ what, wanted, found, mend }) => `  ${name}: ${what} is ${found}, not ${wanted}\n    ${mend}`),
  );
  throw new CliError('TOPIC_DRIFT', `topics are not as the code says; nothing was changed:\n${lines.join('\n')}`);
}

async function seeCreated(
  admin: TopicAdmin,
  wanted: readonly WantedTopic[],
  brokers: readonly string[],
): Promise<TopicReport[]> {
  const deadlineAt = Date.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    const found = await admin.find(
      wanted.map(({ name }) => name),
      configNamesOf(wanted),
    );
    const reports = compareAll(wanted, found, brokers);
    if (Date.now() > deadlineAt || reports.every(({ state }) => state === 'unchanged')) return reports;
    await sleep(VISIBLE_POLL_MS);
  }
}

/**
 * Looks at topics and changes nothing.
 *
 * @throws {CliError} KAFKA_UNREACHABLE
 */
export async function listTopics(options: Omit<ApplyTopicsOptions, 'dryRun' | 'log'>): Promise<TopicReport[]> {
  const { brokers, replication, topics: wanted = allWantedTopics(replication) } = options;
  const admin = await connectTopicAdmin(brokers);
  try {
    const found = await admin.find(
      wanted.map(({ name }) => name),
      configNamesOf(wanted),
    );
    return compareAll(wanted, found, brokers);
  } finally {
    await admin.close();
  }
}

/**
 * Creates the topics that are missing and verifies all: partitions, replicas, configs. A second time changes nothing.
 *
 * @returns one report for each topic, in the order asked
 * @throws {CliError} TOPIC_DRIFT (nothing was changed; the message has what differs and the command that mends it),
 *   TOPIC_REFUSED, KAFKA_UNREACHABLE
 */
export async function applyTopics(options: ApplyTopicsOptions): Promise<TopicReport[]> {
  const {
    brokers,
    replication,
    topics: wanted = allWantedTopics(replication),
    dryRun = false,
    log = () => undefined,
  } = options;
  const admin = await connectTopicAdmin(brokers);
  try {
    const found = await admin.find(
      wanted.map(({ name }) => name),
      configNamesOf(wanted),
    );
    const before = compareAll(wanted, found, brokers);
    refuseDrift(before);
    const missing = new Set(before.filter(({ state }) => state === 'missing').map(({ name }) => name));
    if (dryRun || missing.size === 0) return before;
    await admin.create(wanted.filter(({ name }) => missing.has(name)));
    const after = await seeCreated(admin, wanted, brokers);
    refuseDrift(after);
    for (const { name, partitions } of after) if (missing.has(name)) log(`created ${name} (${partitions} partitions)`);
    return after.map((report) => (missing.has(report.name) ? { ...report, state: 'created' } : report));
  } finally {
    await admin.close();
  }
}
