import type { FoundTopic } from './compare-topic.ts';
import type { TopicGrowth } from './plan-growth.ts';
import type { WantedTopic } from './wanted-topics.ts';

/**
 * What applying topics asks of Kafka.
 *
 * @throws {CliError} KAFKA_UNREACHABLE from every method, TOPIC_REFUSED from `create` and `grow`
 */
export interface TopicAdmin {
  /** How many brokers the cluster has now. */
  brokers(): Promise<number>;
  /** The topics among these that exist, with the configs that are named. */
  find(names: readonly string[], configNames: readonly string[]): Promise<FoundTopic[]>;
  /** Creates them and waits for their leaders; one that somebody else created meanwhile is none of its business. */
  create(topics: readonly WantedTopic[]): Promise<void>;
  /** Adds partitions. */
  grow(growths: readonly TopicGrowth[]): Promise<void>;
  close(): Promise<void>;
}
