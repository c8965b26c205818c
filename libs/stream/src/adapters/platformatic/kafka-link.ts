import {
  ConnectionPool,
  Consumer,
  FetchIsolationLevels,
  FindCoordinatorKeyTypes,
  type Broker,
  type ClusterMetadata,
  type Connection,
  type consumerGroupHeartbeatV1,
  type fetchV17,
  type findCoordinatorV6,
  type heartbeatV4,
  type joinGroupV9,
  type leaveGroupV5,
  type offsetCommitV9,
  type offsetFetchV9,
  type syncGroupV5,
} from '@platformatic/kafka';
import type { KafkaConnection } from '../kafkajs/kafkajs-connection.ts';
import type { KafkaSettings } from '../kafkajs/kafkajs-settings.ts';
import { anyConnection, apiOf } from './client-inside.ts';
import { nameOf } from '../../partition-name.ts';
import { brokerSaid, isOutage } from './platformatic-errors.ts';

/** The requests of group membership; the client picks the newest version that the broker knows. */
interface GroupApis {
  readonly JoinGroup: typeof joinGroupV9.api;
  readonly SyncGroup: typeof syncGroupV5.api;
  readonly Heartbeat: typeof heartbeatV4.api;
  readonly LeaveGroup: typeof leaveGroupV5.api;
  readonly ConsumerGroupHeartbeat: typeof consumerGroupHeartbeatV1.api;
  readonly OffsetCommit: typeof offsetCommitV9.api;
  readonly OffsetFetch: typeof offsetFetchV9.api;
}

type Request<N extends keyof GroupApis> = GroupApis[N]['async'] extends (
  connection: Connection,
  ...rest: infer R
) => Promise<unknown>
  ? R
  : never;
export type Answer<N extends keyof GroupApis> = Awaited<ReturnType<GroupApis[N]['async']>>;

type FindRequest = Parameters<typeof findCoordinatorV6.createRequest>;
export type FetchAnswer = fetchV17.FetchResponse;
export type FetchPartition = fetchV17.FetchRequestPartition;
export type { ClusterMetadata };

/** Places to ask for that are no instants. */
export const PLACES = { earliest: -2n, end: -1n } as const;

/** Answers of the coordinator after which another one has to be asked for. */
const COORDINATOR_MOVED = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE']);

/**
 * One group's way to the cluster, on the client's protocol layer: metadata, fetches, and requests to the group's coordinator. It joins nothing by
 * itself, and it does not retry: every error comes out at once, and the one who asked decides.
 *
 * Its connections are three, because a broker answers the requests of one connection one after the other: fetches (each holds its connection for
 * the long poll), joins (for a whole rebalance), and heartbeats with commits.
 */
export class KafkaLink {
  readonly #groupId: string;
  readonly #client: Consumer<Buffer, Buffer, Buffer, Buffer>;
  readonly #control: ConnectionPool;
  readonly #joins: ConnectionPool;
  readonly #settings: KafkaSettings;
  #coordinator: Broker | undefined;

  constructor(connection: KafkaConnection, groupId: string, topics: readonly string[], settings: KafkaSettings) {
    this.#groupId = groupId;
    this.#settings = settings;
    const { clientId, brokers } = connection;
    const connectTimeout = settings.connectMs;
    this.#client = new Consumer({
      clientId,
      groupId,
      bootstrapBrokers: [...brokers],
      connectTimeout,
      requestTimeout: settings.requestMs + settings.fetchWaitMs,
      retries: 0,
      metadataMaxAge: settings.metadataAgeMs,
      autocreateTopics: false,
    });
    this.#client.topics.trackAll(...topics);
    this.#control = new ConnectionPool(clientId, { connectTimeout, requestTimeout: settings.requestMs });
    this.#joins = new ConnectionPool(clientId, {
      connectTimeout,
      requestTimeout: settings.rebalanceMs + settings.requestMs,
    });
  }

  /** @returns the cluster as of `metadataAgeMs` ago at most; rejects when a topic is not there or has no leader */
  metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    return this.#client.metadata({ topics: [...topics] });
  }

  /** The next `metadata` asks the cluster. */
  forgetMetadata(): void {
    this.#client.clearMetadata();
  }

  /** One long poll at one broker. */
  fetch(node: number, topics: { topicId: string; partitions: FetchPartition[] }[]): Promise<FetchAnswer> {
    return this.#client.fetch({
      node,
      topics,
      minBytes: 1,
      maxBytes: this.#settings.fetchBytesMax,
      maxWaitTime: this.#settings.fetchWaitMs,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    });
  }

  /**
   * Looks offsets up: those of a place, or of the first record since an instant (UTC milliseconds).
   *
   * @param whole  the end of all records, also behind transactions that are open; default: of those that may be read
   * @returns by `topic/partition`; -1 where no record is so young
   */
  async offsetsAt(
    topic: string,
    partitions: readonly number[],
    placeOrInstant: bigint,
    whole = false,
  ): Promise<ReadonlyMap<string, bigint>> {
    const isolationLevel = whole ? FetchIsolationLevels.READ_UNCOMMITTED : FetchIsolationLevels.READ_COMMITTED;
    const where = { topics: [topic], partitions: { [topic]: [...partitions] } };
    const asked = { ...where, timestamp: placeOrInstant, isolationLevel };
    const offsets = (await this.#client.listOffsets(asked)).get(topic) ?? [];
    return new Map(
      partitions.flatMap((partition): [string, bigint][] => {
        const offset = offsets[partition];
        return offset === undefined ? [] : [[nameOf({ topic, partition }), offset]];
      }),
    );
  }

  /** Asks the group's coordinator, which is looked for when it is not known or was wrong. */
  async ask<N extends keyof GroupApis>(name: N, ...request: Request<N>): Promise<Answer<N>> {
    try {
      const api = await apiOf<Request<N>, Answer<N>>(this.#client, name);
      const coordinator = (this.#coordinator ??= await this.#findCoordinator());
      const pool = name === 'JoinGroup' || name === 'SyncGroup' ? this.#joins : this.#control;
      return await api.async(await pool.get(coordinator), ...request);
    } catch (error) {
      const said = brokerSaid(error);
      if (said === undefined ? isOutage(error) : COORDINATOR_MOVED.has(said)) this.#coordinator = undefined;
      throw error;
    }
  }

  /** Never rejects. What is asked and not answered fails. */
  async close(): Promise<void> {
    const closings = [this.#client.close(true), this.#control.close(), this.#joins.close()];
    await Promise.all(closings.map((closing) => Promise.resolve(closing).catch(() => undefined)));
  }

  async #findCoordinator(): Promise<Broker> {
    const api = await apiOf<FindRequest, findCoordinatorV6.FindCoordinatorResponse>(this.#client, 'FindCoordinator');
    const connection = await anyConnection(this.#client);
    const { coordinators } = await api.async(connection, FindCoordinatorKeyTypes.GROUP, [this.#groupId]);
    const [found] = coordinators;
    if (found === undefined) throw new Error('the broker named no coordinator');
    return { host: found.host, port: found.port };
  }
}
