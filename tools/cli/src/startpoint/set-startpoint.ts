import { CliError } from '../cli-error.ts';
import { factsOf, type GroupPorts } from '../groups/describe-groups.ts';
import { topicsReadBy, type GroupFacts } from '../groups/group-report.ts';
import type { CommittedOffset, FoundGroup } from '../kafka/group-admin.ts';
import { mustReadAll as visibilityMustBeReadWhole } from './must-read-all.ts';
import {
  planStartpoint,
  refuseGaps,
  type MustReadAll,
  type Startpoint,
  type StartpointMove,
  type TopicFacts,
} from './plan-startpoint.ts';

export interface StartpointRequest {
  readonly group: string;
  readonly startpoint: Startpoint;
  /** Only these topics; all that the group has read if absent. */
  readonly topics?: readonly string[];
  readonly mustReadAll?: MustReadAll;
}

/** What a startpoint would do, before it is done. */
export interface StartpointPlan {
  readonly group: string;
  readonly moves: readonly StartpointMove[];
  /** The group keeps local state: its changelog topic is there. */
  readonly isStateful: boolean;
}

/** States in which nobody is in a group. */
const INACTIVE = ['Empty', 'Dead'];

function refuseActive({ group, state, members }: FoundGroup): void {
  if (INACTIVE.includes(state) && members.length === 0) return;
  const who = members.map(({ clientId, host }) => `  ${clientId} at ${host}`);
  throw new CliError(
    'GROUP_ACTIVE',
    `${group} is ${state} with ${members.length === 1 ? '1 member' : `${members.length} members`}; nothing was changed:\n` +
      `${who.join('\n')}\n  stop the app first (kubectl scale deployment/<app> --replicas=0, and pause its autoscaler); ` +
      'a member that was killed leaves when its session ends, 30 s by default',
  );
}

function topicsFor({ group, topics, startpoint }: StartpointRequest, read: readonly string[]): readonly string[] {
  const chosen = topics ?? read;
  if (chosen.length === 0)
    throw new CliError(
      'GROUP_UNKNOWN',
      `${group} has never committed anything: is the name right (npx porchlight groups)? To set a startpoint before its first start, name the topic with --topic`,
    );
  if (startpoint.kind === 'offsets' && chosen.length > 1)
    throw new CliError(
      'STARTPOINT_INVALID',
      `offsets are of one topic, and ${group} reads ${chosen.length}: name one with --topic (${chosen.join(', ')}); nothing was changed`,
    );
  return chosen;
}

async function topicFactsOf(
  { reader }: Pick<GroupPorts, 'reader'>,
  topic: string,
  { facts, startpoint }: { facts: GroupFacts; startpoint: Startpoint },
): Promise<TopicFacts> {
  const bounds = await reader.boundsOf(topic);
  if (bounds === undefined) throw new CliError('TOPIC_UNKNOWN', `there is no topic ${topic}; nothing was changed`);
  const committed = facts.committed.filter((each) => each.topic === topic);
  if (startpoint.kind !== 'time') return { topic, bounds, committed };
  const offsets = await reader.offsetsAt(topic, startpoint.at);
  return {
    topic,
    bounds,
    committed,
    offsetsAtTime: new Map(offsets.map(({ partition, offset }) => [partition, offset])),
  };
}

/**
 * Plans a startpoint: from where to where each partition goes, and how many records are skipped or read again. Changes nothing.
 *
 * @throws {CliError} GROUP_ACTIVE (with who is in it), GROUP_UNKNOWN, TOPIC_UNKNOWN, STARTPOINT_INVALID,
 *   STARTPOINT_HIDES_CHANGE, KAFKA_UNREACHABLE
 */
export async function startpointPlan(ports: GroupPorts, request: StartpointRequest): Promise<StartpointPlan> {
  const { group, startpoint, mustReadAll = visibilityMustBeReadWhole } = request;
  if (startpoint.kind === 'time' && startpoint.at > ports.now())
    throw new CliError(
      'STARTPOINT_INVALID',
      'that time is yet to come: for "only what is new", say latest; nothing was changed',
    );
  const [found] = await ports.groups.describe([group]);
  if (found === undefined) throw new CliError('GROUP_UNKNOWN', `Kafka knows no group ${group}; nothing was changed`);
  refuseActive(found);
  const facts = await factsOf(ports, found);
  const chosen = topicsFor(request, topicsReadBy(facts));
  const topicFacts = await Promise.all(chosen.map((topic) => topicFactsOf(ports, topic, { facts, startpoint })));
  const moves = topicFacts.flatMap((each) => planStartpoint(startpoint, each));
  refuseGaps(group, moves, mustReadAll);
  return { group, moves, isStateful: (await ports.groups.topicNames()).includes(`${group}.changelog`) };
}

const differs = (wanted: readonly CommittedOffset[], found: readonly CommittedOffset[]): boolean =>
  wanted.some(({ topic, partition, offset }) => {
    const there = found.find((each) => each.topic === topic && each.partition === partition);
    return there?.offset !== offset;
  });

/**
 * Does what was planned, all partitions in one request, and sees that it is so.
 *
 * @throws {CliError} GROUP_ACTIVE if somebody joined since (nothing was changed), KAFKA_UNREACHABLE
 */
export async function setStartpoint({ groups }: Pick<GroupPorts, 'groups'>, plan: StartpointPlan): Promise<void> {
  // A group with state takes an offset that it has committed itself for a crash's, and passes over what its state knows: an operator's word is
  // written also where it says the same.
  const offsets = plan.moves
    .filter(({ from, to }) => from !== to || plan.isStateful)
    .map(({ topic, partition, to }) => ({ topic, partition, offset: to }));
  if (offsets.length === 0) return;
  await groups.commit(plan.group, offsets);
  if (differs(offsets, await groups.committedOf(plan.group)))
    throw new CliError(
      'GROUP_ACTIVE',
      `${plan.group} was moved, and somebody has moved it on since: look with npx porchlight groups ${plan.group}`,
    );
}
