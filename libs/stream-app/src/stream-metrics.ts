import type { StreamMetrics } from '@porchlight/stream';
import type { Metrics } from '@porchlight/telemetry';

const MS_PER_SECOND = 1_000;

/** What the run loop counts, as metrics of the list. Gauges are read from the app's state: see `observeStream`. */
export function streamMetricsOf(metrics: Metrics, groupId: string): StreamMetrics {
  const consumed = metrics.counter('messaging.client.consumed.messages');
  const sent = metrics.counter('messaging.client.sent.messages');
  const duration = metrics.histogram('messaging.process.duration');
  const dropped = metrics.counter('porchlight.stream.dropped');
  const parked = metrics.counter('porchlight.stream.parked');
  const retried = metrics.counter('porchlight.stream.retried');
  const rebalances = metrics.counter('porchlight.stream.rebalances');
  const about = (topic: string) => ({
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.consumer.group.name': groupId,
  });
  return {
    consumed: ({ topic }, records) => consumed.add(records, about(topic)),
    processed: ({ topic }, durationMs, outcome) =>
      duration.record(durationMs / MS_PER_SECOND, { ...about(topic), outcome }),
    produced: (topic, records) =>
      sent.add(records, { 'messaging.system': 'kafka', 'messaging.destination.name': topic }),
    dropped: ({ topic }, reason) => dropped.add(1, { reason, topic }),
    parked: ({ topic }, code) => parked.add(1, { code, topic }),
    skipped: ({ topic }, records, why) => dropped.add(records, { reason: why, topic }),
    alreadyDone: ({ topic }) => dropped.add(1, { reason: 'already-done', topic }),
    restored: () => undefined,
    retried: ({ topic }, code) => retried.add(1, { code, topic }),
    rebalanced: () => rebalances.add(1),
    committed: () => undefined,
    lag: () => undefined,
    inFlight: () => undefined,
  };
}
