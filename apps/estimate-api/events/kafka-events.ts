import { createSchemaRegistry, createSerde, topics, type Topic, type ViewportViewed } from '@porchlight/contracts';
import { createKafkaPublisher, delay, type Clock, type PublisherLimits } from '@porchlight/stream';
import { streamLoggerOf } from '@porchlight/stream-app';
import type { OpenSpan, Telemetry, Tracing } from '@porchlight/telemetry';
import { eventsMeterOf } from '../meters.ts';
import { createBehindAnswers } from './behind-answers.ts';
import { uuidV7 } from './uuid-v7.ts';
import { viewportEventOf, type SettledView, type ViewportEvents } from './viewport-event.ts';

export interface KafkaEventsOptions {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly telemetry: Pick<Telemetry, 'log' | 'metrics'> & Partial<Pick<Telemetry, 'tracing'>>;
  readonly clock: Clock;
  /** Ends the attempts to reach the registry. */
  readonly signal: AbortSignal;
  /** That of the contracts, except in tests. */
  readonly topic?: Topic<ViewportViewed>;
  /** Of the publisher, where they are not its own. */
  readonly limits?: Partial<PublisherLimits>;
}

/** Viewport events, until the process stops. */
export interface KafkaEvents extends ViewportEvents {
  /** Sends what waits, and gives up by then, or after 2 s if that is sooner. Never rejects. */
  close(withinMs: number): Promise<void>;
}

/** How long after a failed attempt the registry is asked again. */
const REGISTRY_RETRY_MS = 2_000;

/** How long a stop waits for the events that are under way. */
const FLUSH_MS_MAX = 2_000;

/**
 * Viewport events to Kafka, on a client of its own. Nothing waits for Kafka or the registry: until the schema's id is known,
 * and while a broker is silent and the ring is full, events are dropped and counted. They are made and encoded behind the
 * answer that they tell of.
 */
export function createKafkaEvents(options: KafkaEventsOptions): KafkaEvents {
  const { brokers, registryUrl, telemetry, clock, topic = topics.viewportViewed, limits = {} } = options;
  const serde = createSerde({ registry: createSchemaRegistry({ url: registryUrl }) });
  const meter = eventsMeterOf(telemetry.metrics);
  const publisher = createKafkaPublisher({
    connection: { brokers, clientId: 'estimate-api' },
    serde,
    log: streamLoggerOf(telemetry.log),
    metrics: meter,
    clock,
    limits,
  });
  const depth = telemetry.metrics.gauge('porchlight.publisher.ring.depth');
  const endDepth = depth.observe(() => [{ value: publisher.state().queuedRecords }]);
  const behind = createBehindAnswers<{ view: SettledView; traceparent: string | undefined }>(
    ({ view, traceparent }) => {
      const event = viewportEventOf(view, uuidV7(view.viewedAt));
      const span = createSpan(telemetry.tracing, topic.name, traceparent);
      const carried = span?.traceparent ?? traceparent;
      const took = publisher.publish(
        topic,
        event.sessionKey,
        event,
        carried === undefined ? {} : { traceparent: carried },
      );
      span?.end(took === 'dropped' ? 'EVENT_DROPPED' : undefined);
    },
  );
  let isPrepared = false;
  void prepareUntilDone(() => serde.prepare([topic]), options).then((done) => (isPrepared = done));
  return {
    publish(view, traceparent) {
      if (!isPrepared) meter.dropped(topic.name, 'unprepared');
      else if (!behind.add({ view, traceparent })) meter.dropped(topic.name, 'full');
    },
    async close(withinMs) {
      behind.finish();
      await publisher.close(Math.min(withinMs, FLUSH_MS_MAX));
      endDepth();
    },
  };
}

/** The record's own span, which ends in the ring: what Kafka does with it is another request's business. */
function createSpan(tracing: Tracing | undefined, topic: string, parent: string | undefined): OpenSpan | undefined {
  if (tracing?.isOn !== true) return undefined;
  const about = {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'create',
    'messaging.operation.type': 'create',
    'messaging.destination.name': topic,
  };
  return tracing.begin('messaging.create', about, { parent });
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
