import kafkajs from 'kafkajs';
import { CliError } from '../cli-error.ts';
import { refusalOf, type KafkaClient } from './kafka-client.adapter.ts';
import type { CommittedOffset, FoundGroup, GroupAdmin, GroupMember } from './group-admin.ts';

/** What a coordinator says to a commit by nobody while somebody is in the group. */
const SOMEBODY_IS_THERE = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'STALE_MEMBER_EPOCH'];
/** A member of no group: the commit is taken only if the group is empty. */
const NOBODY = { groupGenerationId: -1, memberId: '' };

function partitionsOf(assignment: Buffer): GroupMember['partitions'] {
  // Empty while the group is rebalancing.
  if (assignment.length === 0) return [];
  const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(assignment);
  return Object.entries(decoded?.assignment ?? {}).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

const groupOf = ({ groupId, state, members }: kafkajs.GroupDescription): FoundGroup => ({
  group: groupId,
  state,
  members: members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
    memberId,
    clientId,
    host: clientHost.replace(/^\//, ''),
    partitions: partitionsOf(memberAssignment),
  })),
});

const byPlace = (a: CommittedOffset, b: CommittedOffset): number =>
  a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition;

async function commitOffsets(
  { cluster }: KafkaClient,
  groupId: string,
  offsets: readonly CommittedOffset[],
): Promise<void> {
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([topic, each]) => ({
    topic,
    partitions: each.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
  }));
  await coordinator.offsetCommit({ ...NOBODY, groupId, topics });
}

/** @returns the groups over a connection that somebody else closes */
export function createGroupAdmin(client: KafkaClient): GroupAdmin {
  const { admin, reached } = client;
  return {
    names: async () => (await reached(admin.listGroups())).groups.map(({ groupId }) => groupId).toSorted(),
    topicNames: () => reached(admin.listTopics()),
    async describe(groups) {
      if (groups.length === 0) return [];
      const described = await reached(admin.describeGroups([...groups]));
      return described.groups.map(groupOf).toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
    },
    async committedOf(groupId) {
      const topics = await reached(admin.fetchOffsets({ groupId }));
      return topics
        .flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
        )
        .filter(({ offset }) => offset >= 0)
        .toSorted(byPlace);
    },
    async commit(group, offsets) {
      try {
        await reached(commitOffsets(client, group, offsets), SOMEBODY_IS_THERE);
      } catch (error) {
        if (!SOMEBODY_IS_THERE.includes(refusalOf(error) ?? '')) throw error;
        throw new CliError(
          'GROUP_ACTIVE',
          `somebody has joined ${group} meanwhile; nothing was changed: stop the app, and try again`,
          error,
        );
      }
    },
  };
}
