import { randomUUID } from 'node:crypto';
import { StreamError } from '../../errors.ts';
import type { TopicPartition } from '../../port.ts';
import type { PartitionOffset } from '../../run-loop/log-client.ts';
import { commitOffsets, fetchCommitted, type CommitNotes, type Committed } from './group-offsets.ts';
import type { GroupMembership, PartitionCounts } from './group-port.ts';
import type { Answer } from './kafka-link.ts';
import { MemberLife, type MemberPorts } from './member-life.ts';
import { brokerSaid } from './platformatic-errors.ts';

/** Partitions as the coordinator names them. */
type Owned = readonly { readonly topicId: string; readonly partitions: readonly number[] }[];

const JOINING_EPOCH = 0;
const LEAVING_EPOCH = -1;
/** A static member that is coming back: its partitions are kept for a session. */
const LEAVING_FOR_NOW_EPOCH = -2;

/** The broker's assignor that gives the same numbers of topics with equal counts to the same member; its default does not promise it. */
const TOGETHER = 'range';

const EXPELLED = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH']);

/**
 * Membership by the consumer protocol (KIP-848): the coordinator assigns, partition by partition, and nobody waits for the whole group. The
 * broker sets the session (45 s by default) and the pace of heartbeats.
 *
 * When this member's partitions change, all of them are drained, those that stay too: the run loop knows whole assignments only.
 */
export class ConsumerGroup implements GroupMembership {
  readonly #ports: MemberPorts;
  readonly #life: MemberLife;
  #memberId: string = randomUUID();
  #epoch = JOINING_EPOCH;
  #owned: Owned = [];
  #target: Owned | undefined;
  #assignedOnce = false;

  constructor(ports: MemberPorts) {
    this.#ports = ports;
    this.#life = new MemberLife(ports);
  }

  async run(): Promise<void> {
    while (!this.#life.isLeft) {
      const pauseMs = await this.#life.attempt(() => this.#beat());
      if (pauseMs === undefined || this.#life.isLeft) continue;
      if (await this.#reconcile()) continue; // the coordinator waits to hear of it
      await this.#life.pause(pauseMs);
    }
  }

  commit(offsets: readonly PartitionOffset[], notes: CommitNotes): Promise<void> {
    if (this.#epoch <= JOINING_EPOCH)
      return Promise.reject(new StreamError('NOT_STARTED', 'retry', 'not in the group yet'));
    const { groupId, instanceId } = this.#ports;
    const credentials = { groupId, memberId: this.#memberId, epoch: this.#epoch, instanceId };
    return commitOffsets(this.#ports.link, credentials, { offsets, notes });
  }

  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, Committed>> {
    const group = { groupId: this.#ports.groupId, memberId: this.#memberId, memberEpoch: this.#epoch };
    return fetchCommitted(this.#ports.link, group, partitions);
  }

  async leave(): Promise<void> {
    const wasMember = this.#epoch > JOINING_EPOCH;
    this.#life.leave();
    this.#epoch = this.#ports.instanceId === null ? LEAVING_EPOCH : LEAVING_FOR_NOW_EPOCH;
    this.#owned = [];
    if (wasMember) await this.#ask().catch(() => undefined);
  }

  /** @returns how long until the next heartbeat */
  async #beat(): Promise<number> {
    const { settings } = this.#ports;
    const askedAt = this.#life.now();
    try {
      const answer = await this.#ask();
      if (this.#life.isLeft) return 0;
      this.#epoch = answer.memberEpoch;
      if (answer.assignment !== null) this.#target = answer.assignment.topicPartitions;
      // They were given up here when nobody answered; the group has kept them for us.
      if (this.#life.answered(askedAt)) this.#assignedOnce = false;
      return Math.min(settings.heartbeatEveryMs, answer.heartbeatIntervalMs);
    } catch (error) {
      if (!EXPELLED.has(brokerSaid(error) ?? '')) throw error;
      this.#ports.hooks.lost();
      this.#forget();
      return settings.retryFirstMs;
    }
  }

  #ask(): Promise<Answer<'ConsumerGroupHeartbeat'>> {
    const { link, groupId, instanceId, settings, topics, coPartitioned } = this.#ports;
    const owned = this.#owned.map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions] }));
    return link.ask(
      'ConsumerGroupHeartbeat',
      ...([groupId, this.#memberId, this.#epoch, instanceId, null, settings.rebalanceMs] as const),
      [...topics],
      null,
      coPartitioned.length > 0 ? TOGETHER : null,
      owned,
    );
  }

  /** The place is gone: the next heartbeat joins, as somebody new. What the old name may still hold is given back. */
  #forget(): void {
    const { link, groupId, instanceId } = this.#ports;
    if (instanceId === null)
      void link
        .ask('ConsumerGroupHeartbeat', groupId, this.#memberId, LEAVING_EPOCH, null, null, 0, [], null, null, [])
        .catch(() => undefined);
    this.#epoch = JOINING_EPOCH;
    this.#owned = [];
    this.#target = undefined;
    this.#assignedOnce = false;
    this.#memberId = randomUUID();
  }

  /** Makes ours what the coordinator wants to be ours. @returns whether anything has changed */
  async #reconcile(): Promise<boolean> {
    if (this.#target === undefined || this.#epoch <= JOINING_EPOCH) return false;
    if (this.#assignedOnce && isSame(this.#owned, this.#target)) return false;
    if (this.#owned.length > 0) await this.#life.drainBeating(() => this.#beat());
    this.#assignedOnce = false; // drained: whatever comes now has to be assigned again
    const target: Owned | undefined = this.#target; // as of the end of the drain
    if (this.#life.isLeft || target === undefined) return true;
    const named = await this.#life.attempt(() => this.#named(target));
    if (named === undefined || this.#life.isLeft) return true;
    this.#owned = target;
    this.#assignedOnce = true;
    this.#ports.hooks.assigned(named.partitions, named.counts);
    return true;
  }

  /** @throws an outage when the metadata does not know a topic by its id, or a partition, yet */
  async #named(owned: Owned): Promise<{ partitions: TopicPartition[]; counts: PartitionCounts }> {
    const { link, topics } = this.#ports;
    link.forgetMetadata();
    const metadata = await link.metadata(topics);
    const names = new Map(topics.map((topic) => [metadata.topics.get(topic)?.id, topic]));
    const counts = new Map(topics.map((topic) => [topic, metadata.topics.get(topic)?.partitionsCount ?? 0]));
    const partitions = owned.flatMap(({ topicId, partitions: list }) => {
      const topic = names.get(topicId);
      if (topic === undefined || list.some((partition) => partition >= (counts.get(topic) ?? 0)))
        throw new Error('Unknown topic id or partition');
      return list.map((partition) => ({ topic, partition }));
    });
    return { partitions, counts };
  }
}

function isSame(left: Owned, right: Owned): boolean {
  const namesOf = (owned: Owned): string[] =>
    owned.flatMap(({ topicId, partitions }) => partitions.map((partition) => `${topicId}/${partition}`)).toSorted();
  return namesOf(left).join() === namesOf(right).join();
}
