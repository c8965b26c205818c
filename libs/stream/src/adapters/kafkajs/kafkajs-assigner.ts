import kafkajs from 'kafkajs';
import { assignSticky, countMoved } from '../../assignment/assign-sticky.ts';
import type { AssignmentMember } from '../../assignment/assignment-port.ts';
import type { ClusterInside } from './kafkajs-inside.ts';
import { decodeClaims, encodeClaims, type MemberClaims } from '../../assignment/member-claims.ts';

/** The name that members of a group agree on; another rule of assignment needs another name. */
export const ASSIGNER_NAME = 'porchlight-sticky-1';

/** kafkajs' version of the embedded protocol: topics and user data. */
const PROTOCOL_VERSION = 0;

/** What a member brings to the sharing out. */
export interface Sharing {
  /** Inputs of each definition that says so: the same partition numbers go to the same member. */
  readonly coPartitioned: readonly (readonly string[])[];
  /** What this process held last. */
  claims(): MemberClaims;
}

type AssignerContext = Parameters<kafkajs.PartitionAssigner>[0];
const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

/**
 * The sticky assignment as kafkajs runs it: each member says at its join what it held, and the group's leader decides for all.
 *
 * The client's rebalances are eager, so every member drains at each; sticky means that it begins again with the same partitions, its tasks and
 * their state as they were.
 */
export const createStickyAssigner = (
  { cluster, groupId, logger }: AssignerContext,
  sharing: Sharing,
): kafkajs.Assigner => ({
  name: ASSIGNER_NAME,
  version: PROTOCOL_VERSION,
  protocol: ({ topics }) => ({
    name: ASSIGNER_NAME,
    metadata: MemberMetadata.encode({
      version: PROTOCOL_VERSION,
      topics,
      userData: encodeClaims(sharing.claims()),
    }),
  }),
  async assign({ members, topics }) {
    const known = members.map(memberOf);
    const partitions = await countPartitions(cluster as unknown as ClusterInside, known, new Set(topics));
    const assignment = assignSticky({ members: known, partitions, coPartitioned: sharing.coPartitioned });
    logger.info('assigned the partitions', { groupId, members: members.length, moved: countMoved(known, assignment) });
    return [...assignment].map(([memberId, owned]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({
        version: PROTOCOL_VERSION,
        assignment: mutable(owned),
        userData: Buffer.alloc(0),
      }),
    }));
  },
});

function memberOf({ memberId, memberMetadata }: kafkajs.GroupMember): AssignmentMember {
  const metadata = MemberMetadata.decode(memberMetadata);
  return { memberId, topics: metadata?.topics ?? [], ...decodeClaims(metadata?.userData ?? null) };
}

/** The leader's own topics from its metadata, which is fresh; a topic that only others read (an upgrade adds one) from a request of its own. */
async function countPartitions(
  cluster: ClusterInside,
  members: readonly AssignmentMember[],
  ownTopics: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const topic of new Set([...ownTopics, ...members.flatMap(({ topics }) => topics)])) {
    const count = ownTopics.has(topic)
      ? cluster.findTopicPartitionMetadata(topic).length
      : await askFor(cluster, topic);
    if (count > 0) counts.set(topic, count);
  }
  return counts;
}

/** By the side of the client's metadata: a topic that is added to it and deleted later would fail every refresh of ours. */
function askFor(cluster: ClusterInside, topic: string): Promise<number> {
  return cluster.brokerPool.withBroker(async ({ broker }) => {
    try {
      const { topicMetadata } = await broker.metadata([topic]);
      return topicMetadata[0]?.partitionMetadata.length ?? 0;
    } catch (error) {
      if ((error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return 0;
      throw error;
    }
  });
}

const mutable = (owned: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(owned).map(([topic, list]) => [topic, [...list]]));
