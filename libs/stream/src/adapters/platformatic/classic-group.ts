import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import { StreamError } from '../../errors.ts';
import type { TopicPartition } from '../../port.ts';
import type { PartitionOffset } from '../../run-loop/run-loop.ts';
import type { GroupMembership } from './group-port.ts';
import { MemberLife, type MemberPorts } from './member-life.ts';
import { commitOffsets, fetchCommitted } from './group-offsets.ts';
import type { Answer } from './kafka-link.ts';
import { brokerSaid } from './platformatic-errors.ts';
import { assignInTurn, type PartitionCounts } from './round-robin.ts';

/** kafkajs' name for the same assignment: members of both clients may share a group while it is rolled from one to the other. */
const ASSIGNER = 'RoundRobinAssigner';
const PROTOCOL_TYPE = 'consumer';

/** Why a member stops staying: the others wait for it to join again, or its place is gone. */
type End = 'rebalance' | 'expelled';

/** Answers to a join or a sync that say how to go on at once, not that anything is wrong. */
const JOIN_AGAIN = new Set(['MEMBER_ID_REQUIRED', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION']);
const EXPELLED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']);

interface Generation {
  readonly id: number;
  readonly partitions: readonly TopicPartition[];
  /** What the leader assigned by; undefined for the others. */
  readonly counts: PartitionCounts | undefined;
}

/** Membership by the classic protocol: the group stops as a whole, its leader assigns. The same that kafkajs speaks. */
export class ClassicGroup implements GroupMembership {
  readonly #ports: MemberPorts;
  readonly #life: MemberLife;
  #memberId = '';
  #generation: Generation | undefined;

  constructor(ports: MemberPorts) {
    this.#ports = ports;
    this.#life = new MemberLife(ports);
  }

  async run(): Promise<void> {
    while (!this.#life.isLeft) {
      const joined = await this.#life.attempt(() => this.#join());
      if (joined === true && !this.#life.isLeft) await this.#stay();
    }
  }

  commit(offsets: readonly PartitionOffset[]): Promise<void> {
    const { groupId, instanceId } = this.#ports;
    const epoch = this.#generation?.id; // before any await: the membership under which the watermark was reached
    if (epoch === undefined) return Promise.reject(new StreamError('NOT_STARTED', 'retry', 'not in the group yet'));
    return commitOffsets(this.#ports.link, { groupId, memberId: this.#memberId, epoch, instanceId }, offsets);
  }

  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, bigint>> {
    return fetchCommitted(
      this.#ports.link,
      { groupId: this.#ports.groupId, memberId: null, memberEpoch: -1 },
      partitions,
    );
  }

  async leave(): Promise<void> {
    const memberId = this.#memberId;
    this.#life.leave();
    this.#generation = undefined;
    if (memberId === '' || this.#ports.instanceId !== null) return;
    await this.#ports.link
      .ask('LeaveGroup', this.#ports.groupId, [{ memberId, reason: 'stopped' }])
      .catch(() => undefined);
  }

  // ---- joining ----

  /** @returns true when joined, false when it has to be tried again at once */
  async #join(): Promise<boolean> {
    try {
      const joined = await this.#askToJoin();
      this.#memberId = joined.memberId;
      const isLeader = joined.leader === joined.memberId;
      const counts = isLeader ? await this.#countPartitions(joined) : undefined;
      const assignments = counts === undefined || joined.skipAssignment ? [] : assignmentsOf(joined, counts);
      const partitions = await this.#sync(joined, assignments);
      if (this.#life.isLeft) return false;
      this.#generation = { id: joined.generationId, partitions, counts };
      this.#life.answered();
      this.#ports.hooks.assigned(partitions);
      return true;
    } catch (error) {
      if (!JOIN_AGAIN.has(brokerSaid(error) ?? '')) throw error;
      this.#noteRefusal(error);
      return false;
    }
  }

  #askToJoin(): Promise<Answer<'JoinGroup'>> {
    const { link, groupId, instanceId, settings, topics } = this.#ports;
    const metadata = encodeConsumerProtocolSubscription({ version: 1, topics: [...topics] });
    const protocols = [{ name: ASSIGNER, metadata }];
    const { sessionMs, rebalanceMs } = settings;
    return link.ask(
      'JoinGroup',
      ...([groupId, sessionMs, rebalanceMs, this.#memberId, instanceId, PROTOCOL_TYPE, protocols, null] as const),
    );
  }

  async #sync(
    { generationId, memberId, protocolName }: Answer<'JoinGroup'>,
    assignments: { memberId: string; assignment: Buffer }[],
  ): Promise<TopicPartition[]> {
    const { link, groupId, instanceId } = this.#ports;
    const { assignment } = await link.ask(
      'SyncGroup',
      ...([groupId, generationId, memberId, instanceId, PROTOCOL_TYPE, protocolName, assignments] as const),
    );
    return decodeConsumerProtocolAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
  }

  /** The broker names a new member in its refusal, and forgets one that it no longer knows. */
  #noteRefusal(error: unknown): void {
    const said = brokerSaid(error);
    const { response } = error as { response?: { memberId?: string } };
    if (said === 'MEMBER_ID_REQUIRED') this.#memberId = response?.memberId ?? '';
    if (said === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
  }

  async #countPartitions({ members }: Answer<'JoinGroup'>): Promise<PartitionCounts> {
    const topics = new Set(members.flatMap(({ metadata }) => decodeConsumerProtocolSubscription(metadata).topics));
    this.#ports.link.forgetMetadata(); // who assigns must not do it by an old count
    const metadata = await this.#ports.link.metadata([...topics]);
    return new Map([...topics].map((topic) => [topic, metadata.topics.get(topic)?.partitionsCount ?? 0]));
  }

  // ---- staying ----

  async #stay(): Promise<void> {
    let end: End | undefined;
    while (end === undefined && !this.#life.isLeft) {
      await this.#life.pause(this.#ports.settings.heartbeatEveryMs);
      if (this.#life.isLeft) return;
      end = await this.#beat();
      if (end === undefined && (await this.#hasGrown())) end = 'rebalance';
    }
    if (end === 'rebalance') await this.#life.drainBeating(() => this.#beat());
    if (end === 'expelled') this.#ports.hooks.lost();
    if (!this.#life.isLeft) this.#generation = undefined;
  }

  /** @returns why the membership in force has ended; undefined while it stands, answered or not */
  async #beat(): Promise<End | undefined> {
    const { link, groupId, instanceId } = this.#ports;
    const generation = this.#generation;
    if (generation === undefined) return 'expelled';
    try {
      await link.ask('Heartbeat', groupId, generation.id, this.#memberId, instanceId);
      // They were given up here when nobody answered; the group has kept them for us.
      if (this.#life.answered()) this.#ports.hooks.assigned(generation.partitions);
    } catch (error) {
      return this.#refused(error);
    }
    return undefined;
  }

  #refused(error: unknown): End | undefined {
    const said = brokerSaid(error) ?? '';
    if (said === 'REBALANCE_IN_PROGRESS') {
      this.#life.answered();
      return 'rebalance';
    }
    if (EXPELLED.has(said)) {
      this.#noteRefusal(error);
      return 'expelled';
    }
    this.#life.mustPass(error);
    return undefined; // the session may outlast the outage
  }

  /** The leader alone looks: partitions that were added are assigned by a new round, within `metadataAgeMs`. */
  async #hasGrown(): Promise<boolean> {
    const counts = this.#generation?.counts;
    if (counts === undefined) return false;
    try {
      const { topics } = await this.#ports.link.metadata([...counts.keys()]);
      return [...counts].some(([topic, count]) => (topics.get(topic)?.partitionsCount ?? count) > count);
    } catch {
      return false; // the next heartbeat says whether anything is wrong
    }
  }
}

function assignmentsOf(
  { members }: Answer<'JoinGroup'>,
  counts: PartitionCounts,
): { memberId: string; assignment: Buffer }[] {
  const subscriptions = members.map(({ memberId, groupInstanceId, metadata }) => ({
    memberId,
    order: groupInstanceId ?? memberId,
    topics: decodeConsumerProtocolSubscription(metadata).topics,
  }));
  return [...assignInTurn(subscriptions, counts)].map(([memberId, topics]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: 0,
      assignedPartitions: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    }),
  }));
}
