import type { TopicPartition } from './port.ts';

/** @returns `topic/partition`, by which maps are keyed */
export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
