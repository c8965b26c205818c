import { createSchemaRegistry, createSerde, topics } from '@porchlight/contracts';
import { createKafkaPublisher, delay, type Clock } from '@porchlight/stream';
import { streamLoggerOf } from '@porchlight/stream-app';
import type { Telemetry } from '@porchlight/telemetry';
import { publisherMetricsOf } from '../meters.ts';
import type { ViewportEvents } from './viewport-event.ts';

export interface KafkaEventsOptions {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Ends the attempts to reach the registry. */
  readonly signal: AbortSignal;
}

/** How long after a failed attempt the registry is asked again. */
const REGISTRY_RETRY_MS = 2_000;

/** How long a stop waits for the events that are under way. */
const FLUSH_MS = 2_000;

/**
 * Viewport events to Kafka, on a client of its own. Nothing waits for Kafka or the registry: until the schema's id is known,
 * and while a broker is silent and the ring is full, events are dropped and counted.
 */
export function createKafkaEvents(options: KafkaEventsOptions): ViewportEvents & { close(): Promise<void> } {
  const { brokers, registryUrl, telemetry, clock } = options;
  const serde = createSerde({ registry: createSchemaRegistry({ url: registryUrl }) });
  const counts = publisherMetricsOf(telemetry.metrics);
  const publisher = createKafkaPublisher({
    connection: { brokers, clientId: 'estimate-api' },
    serde,
    log: streamLoggerOf(telemetry.log),
    metrics: counts,
    clock,
  });
  const depth = telemetry.metrics.gauge('porchlight.publisher.ring.depth');
  const endDepth = depth.observe(() => [{ value: publisher.state().queuedRecords }]);
  const topic = topics.viewportViewed;
  let isPrepared = false;
  void prepareUntilDone(() => serde.prepare([topic]), options).then((done) => (isPrepared = done));
  return {
    publish(event, traceparent) {
      if (!isPrepared) return counts.dropped?.(topic.name, 'unencodable');
      const headers = traceparent === undefined ? {} : { traceparent };
      publisher.publish(topic, event.sessionKey, event, headers);
    },
    async close() {
      await publisher.close(FLUSH_MS);
      endDepth();
    },
  };
}

/** @returns whether it succeeded; false: the process stops */
async function prepareUntilDone(
  prepare: () => Promise<void>,
  { signal, clock, telemetry: { log } }: KafkaEventsOptions,
): Promise<boolean> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      await prepare();
      if (attempt > 0)
        log.info({ attempt }, 'the schema of viewport events is known: events are published from now on');
      return true;
    } catch (error) {
      if (attempt === 0)
        log.warn({ error }, 'viewport events are dropped until the registry answers with their schema');
    }
    await delay(clock, REGISTRY_RETRY_MS);
  }
  return false;
}
