import {
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import { assignSticky } from '../../assignment/assign-sticky.ts';
import { compareText, type Assignment, type AssignmentMember } from '../../assignment/assignment-port.ts';
import { decodeClaims, encodeClaims, type MemberClaims } from '../../assignment/member-claims.ts';
import type { PartitionCounts } from './group-port.ts';
import type { Answer } from './kafka-link.ts';

/** The kafkajs adapter's names and bytes: members of both clients may share a group while it is rolled from one to the other. */
export const STICKY = 'porchlight-sticky-1';
export const ROUND_ROBIN = 'RoundRobinAssigner';

const SUBSCRIPTION_VERSION = 0;

/** What a member brings to a classic group. */
export interface Sharing {
  readonly topics: readonly string[];
  /** Inputs of each definition that says so: the same partition numbers go to the same member. */
  readonly coPartitioned: readonly (readonly string[])[];
}

/**
 * @returns the assigners that this member knows, the better first. Round robin, which older processes bring alone, not where topics must stay together:
 *          it would part them
 */
export function protocolsOf(
  { topics, coPartitioned }: Sharing,
  claims: MemberClaims,
): { name: string; metadata: Buffer }[] {
  const subscription = { version: SUBSCRIPTION_VERSION, topics: [...topics] };
  const sticky = encodeConsumerProtocolSubscription({ ...subscription, userData: encodeClaims(claims) });
  const plain = encodeConsumerProtocolSubscription(subscription);
  const known = [{ name: STICKY, metadata: sticky }];
  return coPartitioned.length > 0 ? known : [...known, { name: ROUND_ROBIN, metadata: plain }];
}

/** @returns the topics that any member reads: whose counts the leader must know */
export const topicsReadBy = ({ members }: Answer<'JoinGroup'>): string[] => [
  ...new Set(members.flatMap(({ metadata }) => decodeConsumerProtocolSubscription(metadata).topics)),
];

/** The leader's decision, as bytes for each member. */
export function assignmentsOf(
  { members, protocolName }: Answer<'JoinGroup'>,
  { coPartitioned }: Sharing,
  counts: PartitionCounts,
): { memberId: string; assignment: Buffer }[] {
  const known = members.map(memberOf);
  const partitions = new Map([...counts].filter(([, count]) => count > 0));
  const assignment =
    protocolName === STICKY
      ? assignSticky({ members: known, partitions, coPartitioned })
      : assignInTurn(known, partitions);
  return [...assignment].map(([memberId, owned]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: SUBSCRIPTION_VERSION,
      assignedPartitions: Object.entries(owned).map(([topic, list]) => ({ topic, partitions: [...list] })),
    }),
  }));
}

function memberOf({ memberId, metadata }: Answer<'JoinGroup'>['members'][number]): AssignmentMember {
  const { topics, userData } = decodeConsumerProtocolSubscription(metadata);
  return { memberId, topics, ...decodeClaims(userData) };
}

/** Deals the partitions out to the members that read them, one after the other. */
function assignInTurn(members: readonly AssignmentMember[], partitions: PartitionCounts): Assignment {
  const turns = members.toSorted((a, b) => compareText(a.memberId, b.memberId));
  const dealt = new Map<string, Record<string, number[]>>(turns.map(({ memberId }) => [memberId, {}]));
  let turn = 0;
  for (const [topic, count] of [...partitions].toSorted(([a], [b]) => compareText(a, b))) {
    const readers = turns.filter(({ topics }) => topics.includes(topic));
    for (let partition = 0; partition < count && readers.length > 0; partition += 1, turn += 1) {
      const owned = dealt.get(readers[turn % readers.length]?.memberId ?? '');
      if (owned !== undefined) (owned[topic] ??= []).push(partition);
    }
  }
  return dealt;
}
