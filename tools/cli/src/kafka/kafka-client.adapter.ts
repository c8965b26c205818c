import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
// kafkajs with its idle timer patched: a command that follows a topic must not burn a core meanwhile.
import '@porchlight/stream';
import { CliError } from '../cli-error.ts';

const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** With no broker at all, kafkajs' own settings would try for twenty seconds. */
const RETRY = { retries: 3, initialRetryTime: 200, maxRetryTime: 1_000 };

/** A broker's answer to a fetch, as kafkajs decodes it. */
export interface FetchAnswer {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly PartitionAnswer[] }[];
}

export interface PartitionAnswer {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset?: string;
  readonly messages: readonly { readonly offset: string }[];
}

export interface CommitRequest {
  readonly groupId: string;
  readonly groupGenerationId: number;
  readonly memberId: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
  }[];
}

/** The part of kafkajs' Broker that is used. */
interface BrokerInside {
  fetch(request: object): Promise<FetchAnswer>;
  offsetCommit(request: CommitRequest): Promise<unknown>;
}

/** The part of kafkajs' Cluster that is used. */
export interface ClusterInside {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: string[]): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(at: { nodeId: string }): Promise<BrokerInside>;
  findGroupCoordinator(of: { groupId: string }): Promise<BrokerInside>;
}

interface BatchInside {
  readonly messages: readonly kafkajs.KafkaMessage[];
}

const inside = createRequire(import.meta.url);

/** kafkajs' batch: it knows which records are control records or of an aborted transaction. */
export const FetchedBatch = inside('kafkajs/src/consumer/batch') as new (
  topic: string,
  fetchedOffset: string,
  answer: PartitionAnswer,
) => BatchInside;

const CREATE_CLUSTER = 'private:Kafka:createCluster';

/**
 * kafkajs can read only as a member of a group, and its admin moves offsets by joining the group itself. An operator's
 * look must leave no group behind and wait for no rebalance, and a commit must be refused by the broker when a member is
 * there. Both are requests that kafkajs has inside; a test fails when kafkajs is not 2.2.4.
 */
function createCluster(kafka: kafkajs.Kafka): ClusterInside {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === CREATE_CLUSTER);
  if (symbol === undefined) throw new TypeError('this kafkajs is not the one that the command line was written for');
  const create = (kafka as unknown as Record<symbol, (options: object) => ClusterInside>)[symbol];
  if (create === undefined) throw new TypeError('kafkajs has no cluster inside');
  return create({ metadataMaxAge: 30_000, allowAutoTopicCreation: false });
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A broker's word for a refusal, as `UNKNOWN_MEMBER_ID`; undefined for anything else. */
export const refusalOf = (error: unknown): string | undefined =>
  error instanceof kafkajs.KafkaJSProtocolError ? error.type : undefined;

/** A connection of the command line to a cluster. */
export interface KafkaClient {
  readonly kafka: kafkajs.Kafka;
  readonly admin: kafkajs.Admin;
  readonly cluster: ClusterInside;
  /** Any failure becomes KAFKA_UNREACHABLE, but an error of ours and a broker's refusal that `keep` names pass as they are. */
  readonly reached: <T>(request: Promise<T>, keep?: readonly string[]) => Promise<T>;
  close(): Promise<void>;
}

/** @returns a kafkajs client that gives up within seconds */
export const createKafka = (brokers: readonly string[]): kafkajs.Kafka =>
  new kafkajs.Kafka({
    clientId: 'porchlight-cli',
    brokers: [...brokers],
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: RETRY,
    logLevel: kafkajs.logLevel.NOTHING,
  });

/** @throws {CliError} KAFKA_UNREACHABLE */
export async function connectKafka(brokers: readonly string[]): Promise<KafkaClient> {
  const kafka = createKafka(brokers);
  const admin = kafka.admin();
  const cluster = createCluster(kafka);
  const reached = async <T>(request: Promise<T>, keep: readonly string[] = []): Promise<T> => {
    try {
      return await request;
    } catch (error) {
      if (error instanceof CliError || keep.includes(refusalOf(error) ?? '')) throw error;
      throw new CliError(
        'KAFKA_UNREACHABLE',
        `no answer from Kafka at ${brokers.join(',')} (${textOf(error)}): is it running, and is KAFKA_BROKERS right?`,
        error,
      );
    }
  };
  const close = async () => {
    await Promise.allSettled([admin.disconnect(), cluster.disconnect()]);
  };
  try {
    await reached(Promise.all([admin.connect(), cluster.connect()]));
  } catch (error) {
    await close();
    throw error;
  }
  return { kafka, admin, cluster, reached, close };
}
