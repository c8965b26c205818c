import { decodeConsumerProtocolAssignment } from '@platformatic/kafka';
import { StreamError } from '../../errors.ts';
import type { TopicPartition } from '../../port.ts';
import type { PartitionOffset } from '../../run-loop/log-client.ts';
import { NO_CLAIMS, type MemberClaims } from '../../assignment/member-claims.ts';
import { assignmentsOf, protocolsOf, topicsReadBy } from './group-assigners.ts';
import { commitOffsets, fetchCommitted, type CommitNotes, type Committed } from './group-offsets.ts';
import type { GroupMembership, PartitionCounts } from './group-port.ts';
import type { Answer } from './kafka-link.ts';
import { MemberLife, type MemberPorts } from './member-life.ts';
import { brokerSaid } from './platformatic-errors.ts';

const PROTOCOL_TYPE = 'consumer';

/** Why a member stops staying: the others wait for it to join again, or its place is gone. */
type End = 'rebalance' | 'expelled';

/** Answers to a join or a sync that say how to go on at once, not that anything is wrong. */
const JOIN_AGAIN = new Set(['MEMBER_ID_REQUIRED', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION']);
const EXPELLED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION']);

interface Generation {
  readonly id: number;
  readonly partitions: readonly TopicPartition[];
  readonly isLeader: boolean;
  /** As of the assignment. */
  readonly counts: PartitionCounts;
}

/** Membership by the classic protocol: the group stops as a whole, its leader assigns. The same that kafkajs speaks. */
export class ClassicGroup implements GroupMembership {
  readonly #ports: MemberPorts;
  readonly #life: MemberLife;
  #memberId = '';
  #generation: Generation | undefined;
  /** What it held last: a rejoin asks for the same again. */
  #claims: MemberClaims = NO_CLAIMS;

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

  commit(offsets: readonly PartitionOffset[], notes: CommitNotes): Promise<void> {
    const { link, groupId, instanceId } = this.#ports;
    const epoch = this.#generation?.id; // before any await: the membership under which the watermark was reached
    if (epoch === undefined) return Promise.reject(new StreamError('NOT_STARTED', 'retry', 'not in the group yet'));
    const credentials = { groupId, memberId: this.#memberId, epoch, instanceId };
    return commitOffsets(link, credentials, { offsets, notes });
  }

  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, Committed>> {
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
      const counts = await this.#countPartitions(isLeader ? topicsReadBy(joined) : []);
      const decides = isLeader && !joined.skipAssignment;
      const askedAt = this.#life.now();
      const partitions = await this.#sync(joined, decides ? assignmentsOf(joined, this.#ports, counts) : []);
      if (this.#life.isLeft) return false;
      this.#begin({ id: joined.generationId, partitions, isLeader, counts }, askedAt);
      return true;
    } catch (error) {
      if (!JOIN_AGAIN.has(brokerSaid(error) ?? '')) throw error;
      this.#noteRefusal(error);
      return false;
    }
  }

  #begin(generation: Generation, askedAt: number): void {
    this.#generation = generation;
    this.#claims = { generation: generation.id, owned: partitionsByTopic(generation.partitions) };
    this.#life.answered(askedAt);
    this.#ports.hooks.assigned(generation.partitions, generation.counts);
  }

  #askToJoin(): Promise<Answer<'JoinGroup'>> {
    const { link, groupId, instanceId, settings } = this.#ports;
    const protocols = protocolsOf(this.#ports, this.#claims);
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

  /** Of its own topics and of those that only others read. By no old count: who assigns must see what is there. */
  async #countPartitions(others: readonly string[]): Promise<PartitionCounts> {
    const topics = [...new Set([...this.#ports.topics, ...others])];
    this.#ports.link.forgetMetadata();
    const metadata = await this.#ports.link.metadata(topics);
    return new Map(topics.map((topic) => [topic, metadata.topics.get(topic)?.partitionsCount ?? 0]));
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
    const askedAt = this.#life.now();
    try {
      await link.ask('Heartbeat', groupId, generation.id, this.#memberId, instanceId);
      // They were given up here when nobody answered; the group has kept them for us.
      if (this.#life.answered(askedAt)) this.#ports.hooks.assigned(generation.partitions, generation.counts);
    } catch (error) {
      return this.#refused(error, askedAt);
    }
    return undefined;
  }

  #refused(error: unknown, askedAt: number): End | undefined {
    const said = brokerSaid(error) ?? '';
    if (said === 'REBALANCE_IN_PROGRESS') {
      this.#life.answered(askedAt);
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
    const generation = this.#generation;
    if (generation?.isLeader !== true) return false;
    const { counts } = generation;
    try {
      const { topics } = await this.#ports.link.metadata([...counts.keys()]);
      return [...counts].some(([topic, count]) => (topics.get(topic)?.partitionsCount ?? count) > count);
    } catch {
      return false; // the next heartbeat says whether anything is wrong
    }
  }
}

function partitionsByTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of partitions) (topics[topic] ??= []).push(partition);
  return topics;
}
