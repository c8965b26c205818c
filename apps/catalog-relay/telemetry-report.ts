import type { Clock } from '@porchlight/service';
import type { Telemetry } from '@porchlight/telemetry';
import type { RelayReport } from './relay.ts';

/** The same outage is not logged more often than this. */
const QUIET_MS = 30_000;

/** What the relay does, as log lines and metrics. */
export function telemetryReport({ log, metrics }: Telemetry, clock: Clock): RelayReport {
  const published = metrics.counter('porchlight.catalog_relay.published');
  const outboxRows = metrics.gauge('porchlight.catalog_relay.outbox.rows');
  const buriedRows = metrics.gauge('porchlight.catalog_relay.buried.rows');
  const duration = metrics.histogram('porchlight.catalog_relay.round.duration');
  const active = metrics.gauge('porchlight.catalog_relay.active');
  let publishedUntilAt: number | undefined;
  let saidWaitsAt: number | undefined;
  metrics
    .gauge('porchlight.catalog_relay.progress.age')
    .observe(() => (publishedUntilAt === undefined ? [] : [{ value: (clock.now() - publishedUntilAt) / 1_000 }]));
  active.set(0);
  return {
    role(role) {
      active.set(role === 'active' ? 1 : 0);
      // The age of T is the active relay's to tell.
      if (role !== 'active') publishedUntilAt = undefined;
      log.info({ role }, role === 'connecting' ? 'has no session of the outbox yet' : `is ${role}`);
    },
    round(round, durationMs) {
      duration.record(durationMs / 1_000);
      outboxRows.set(round.rows);
      buriedRows.set(round.buried);
      publishedUntilAt = round.publishedUntilAt ?? publishedUntilAt;
      if (saidWaitsAt !== undefined) log.info({}, 'reached Kafka again');
      saidWaitsAt = undefined;
    },
    published: (topic, records) => published.add(records, { topic }),
    buried({ id, type }, error) {
      log.error(
        { row: id, type, error },
        'a row of the outbox makes no record: put aside in outbox_dead; T stands still until it is gone',
      );
    },
    sessionLost: (error) => log.warn({ error }, 'lost its session of the outbox, and with it the lock'),
    waits(error) {
      if (saidWaitsAt !== undefined && clock.now() - saidWaitsAt < QUIET_MS) return;
      saidWaitsAt = clock.now();
      log.warn({ error }, 'catalog-relay waits for Kafka (to publish the outbox); nothing is lost, T ages');
    },
  };
}
