import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { compareTopic, type FoundTopic, type TopicDifference } from './compare-topic.ts';
import type { TopicGrowth } from './plan-growth.ts';
import type { TopicAdmin } from './topic-admin.ts';
import { connectTopicAdmin } from './topic-admin.adapter.ts';
import { allWantedTopics, type WantedTopic } from './wanted-topics.ts';

export interface TopicReport {
  readonly name: string;
  readonly partitions: number;
  /** Replicas of each partition, as wanted. */
  readonly replication: number;
  /** In a dry run `missing`: it would be created; `small`: it would grow. */
  readonly state: 'created' | 'grown' | 'unchanged' | 'missing' | 'small' | 'drifted';
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
  /**
   * Lets topics gain the partitions that they lack; without it that is drift. Told first what would grow, also in a dry run;
   * what it throws refuses all.
   */
  readonly grow?: (growths: readonly TopicGrowth[]) => Promise<void>;
  /** One line for each topic that was created or has grown. */
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

const namesOf = (topics: readonly { readonly name: string }[]): string[] => topics.map(({ name }) => name);

/** What would grow: topics that have fewer partitions than wanted. */
function growthsIn(wanted: readonly WantedTopic[], found: readonly FoundTopic[]): TopicGrowth[] {
  return wanted.flatMap(({ name, partitions }) => {
    const there = found.find((topic) => topic.name === name);
    return there === undefined || there.partitions >= partitions
      ? []
      : [{ name, from: there.partitions, to: partitions }];
  });
}

/** Reads everything, then decides: what is missing, what grows; anything else that differs is refused. */
async function decide(
  admin: TopicAdmin,
  { brokers, grow }: Pick<ApplyTopicsOptions, 'brokers' | 'grow'>,
  wanted: readonly WantedTopic[],
): Promise<{ reports: TopicReport[]; growths: TopicGrowth[] }> {
  const found = await admin.find(namesOf(wanted), configNamesOf(wanted));
  const growths = grow === undefined ? [] : growthsIn(wanted, found);
  const sizeOf = new Map(growths.map(({ name, to }) => [name, to]));
  const asGrown = found.map((topic) => ({ ...topic, partitions: sizeOf.get(topic.name) ?? topic.partitions }));
  const reports = compareAll(wanted, asGrown, brokers);
  refuseDrift(reports);
  if (growths.length > 0) await grow?.(growths);
  return { reports, growths };
}

/**
 * Creates the topics that are missing, lets those grow that may, and verifies all: partitions, replicas, configs. A second
 * time changes nothing.
 *
 * @returns one report for each topic, in the order asked
 * @throws {CliError} TOPIC_DRIFT (nothing was changed; the message has what differs and the command that mends it),
 *   TOPIC_REFUSED, KAFKA_UNREACHABLE, and what `grow` throws
 */
export async function applyTopics(options: ApplyTopicsOptions): Promise<TopicReport[]> {
  const { brokers, replication, dryRun = false, log = () => undefined } = options;
  const wanted = options.topics ?? allWantedTopics(replication);
  const admin = await connectTopicAdmin(brokers);
  try {
    const { reports, growths } = await decide(admin, options, wanted);
    const missing = new Set(namesOf(reports.filter(({ state }) => state === 'missing')));
    const grown = new Set(namesOf(growths));
    if (dryRun) return reports.map((report) => (grown.has(report.name) ? { ...report, state: 'small' } : report));
    if (missing.size + grown.size === 0) return reports;
    if (missing.size > 0) await admin.create(wanted.filter(({ name }) => missing.has(name)));
    if (grown.size > 0) await admin.grow(growths);
    const after = await seeCreated(admin, wanted, brokers);
    refuseDrift(after);
    for (const { name, partitions } of after) if (missing.has(name)) log(`created ${name} (${partitions} partitions)`);
    for (const { name, from, to } of growths) log(`${name} has grown from ${from} to ${to} partitions`);
    return after.map((report) => {
      if (missing.has(report.name)) return { ...report, state: 'created' };
      return grown.has(report.name) ? { ...report, state: 'grown' } : report;
    });
  } finally {
    await admin.close();
  }
}
