import { protocolErrors, protocolErrorsCodesById } from '@platformatic/kafka';
import { errorOf } from '../../fate.ts';
import type { ClusterMetadata, FetchAnswer } from './kafka-link.ts';

/** What a broker said of one partition. */
export interface PartitionFault {
  /** UPPER_SNAKE. */
  readonly said: string;
  /** It may be over when it is asked again. */
  readonly passes: boolean;
}

/** @returns what the broker said of each partition that a fetch failed for, by `topic/partition`; empty when it failed as a whole */
export function partitionFaultsOf(error: unknown, metadata: ClusterMetadata): ReadonlyMap<string, PartitionFault> {
  const faults = new Map<string, PartitionFault>();
  const { response } = errorOf(error) as Error & { response?: Partial<FetchAnswer> };
  const names = new Map([...metadata.topics].map(([name, topic]) => [topic?.id, name]));
  for (const { topicId, partitions } of response?.responses ?? [])
    for (const { partitionIndex, errorCode } of partitions)
      if (errorCode !== 0) faults.set(`${names.get(topicId) ?? topicId}/${partitionIndex}`, faultOf(errorCode));
  return faults;
}

function faultOf(errorCode: number): PartitionFault {
  const said = protocolErrorsCodesById[errorCode] ?? 'UNKNOWN_SERVER_ERROR';
  return { said, passes: protocolErrors[said]?.canRetry === true };
}
