import type { PartitionState, StreamState } from '@porchlight/stream';
import type { Metrics } from '@porchlight/telemetry';

const MS_PER_SECOND = 1_000;

const countByTopic = (partitions: readonly PartitionState[], amountOf: (each: PartitionState) => number) => {
  const amounts = new Map<string, number>();
  for (const each of partitions) amounts.set(each.topic, (amounts.get(each.topic) ?? 0) + amountOf(each));
  return Array.from(amounts, ([topic, value]) => ({ value, attributes: { topic } }));
};

/**
 * Gauges that are asked of the app at each reading, so that a partition that went elsewhere is gone from the page.
 *
 * @returns ends them
 */
export function observeStream(metrics: Metrics, state: () => StreamState): () => void {
  const partitions = () => state().partitions;
  const at = ({ topic, partition }: PartitionState) => ({ topic, partition });
  const ends = [
    metrics
      .gauge('porchlight.stream.lag')
      .observe(() => partitions().map((each) => ({ value: each.lag, attributes: at(each) }))),
    metrics
      .gauge('porchlight.stream.lag.age')
      .observe(() => partitions().map((each) => ({ value: each.lagAgeMs / MS_PER_SECOND, attributes: at(each) }))),
    metrics
      .gauge('porchlight.stream.inflight')
      .observe(() => countByTopic(partitions(), ({ inFlight, queued }) => inFlight + queued)),
    metrics.gauge('porchlight.stream.assigned.partitions').observe(() => countByTopic(partitions(), () => 1)),
  ];
  return () => ends.forEach((end) => end());
}
