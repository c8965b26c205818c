import type { StreamMetrics, StreamTracing } from '@porchlight/stream';
import { runAndEnd, type Tracing } from '@porchlight/telemetry';

const kafka = { 'messaging.system': 'kafka' } as const;

/** @returns the run loop's records and outputs as spans; undefined where nothing is traced, so that the run loop has nothing to ask */
export function streamTracingOf(tracing: Tracing, groupId: string): StreamTracing | undefined {
  if (!tracing.isOn) return undefined;
  return {
    process({ topic, partition }, traceparent, settle) {
      const span = tracing.begin(
        'messaging.process',
        {
          ...kafka,
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'messaging.destination.name': topic,
          'messaging.destination.partition.id': String(partition),
          'messaging.consumer.group.name': groupId,
        },
        { parent: traceparent },
      );
      return span.isRecorded ? runAndEnd(span, settle) : span.run(settle);
    },
    send(topic) {
      const above = tracing.current();
      if (above === undefined) return null;
      return tracing.begin(
        'messaging.send',
        {
          ...kafka,
          'messaging.operation.name': 'send',
          'messaging.operation.type': 'send',
          'messaging.destination.name': topic,
        },
        { parent: above.traceparent },
      );
    },
  };
}

/** The same counts; how a record ended is noted on its span too. */
export function tracedMetricsOf(metrics: StreamMetrics, tracing: Tracing): StreamMetrics {
  if (!tracing.isOn) return metrics;
  return {
    ...metrics,
    processed(at, durationMs, outcome) {
      tracing.current()?.set({ 'porchlight.outcome': outcome });
      metrics.processed(at, durationMs, outcome);
    },
    parked(at, code) {
      tracing.current()?.set({ 'error.type': code });
      metrics.parked(at, code);
    },
  };
}
