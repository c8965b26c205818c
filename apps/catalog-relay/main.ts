import { createSchemaRegistry, createSerde, topics } from '@porchlight/contracts';
import { openOutbox } from '@porchlight/property-catalog';
import { addressOf, runService } from '@porchlight/service';
import { streamLoggerOf } from '@porchlight/stream-app';
import { kafkaChangeLog } from './adapters/kafka-change-log.ts';
import { changeRecordOf } from './change-record.ts';
import { config } from './config.ts';
import { startRelay } from './start-relay.ts';
import { telemetryReport } from './telemetry-report.ts';
import { tracedChangeLog } from './traced-change-log.ts';

const changeTopics = {
  ListingStatusChanged: topics.listingStatusChanged,
  SellerOverrideChanged: topics.sellerOverrideChanged,
  MlsRuleChanged: topics.mlsRuleChanged,
};

await runService({
  name: 'catalog-relay',
  config,
  isHarmless: (error) => error instanceof Error && error.name.startsWith('KafkaJS'),
  async start({ config: { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, DATABASE_URL, ...numbers }, telemetry, clock, ...host }) {
    const { waitFor, signal, crash } = host;
    const written = Object.values(changeTopics);
    const serde = createSerde({ registry: createSchemaRegistry({ url: SCHEMA_REGISTRY_URL }) });
    const registry = `the schema registry at ${addressOf(SCHEMA_REGISTRY_URL)}`;
    await waitFor(registry, 'the schemas of its records', () => serde.prepare(written));

    const outboxOptions = { databaseUrl: DATABASE_URL, idleMsMax: numbers.SESSION_IDLE_MS_MAX };
    const postgres = `PostgreSQL at ${addressOf(DATABASE_URL)}`;
    const log = kafkaChangeLog({
      connection: { brokers: KAFKA_BROKERS, clientId: 'catalog-relay' },
      topics: written.map(({ name }) => name),
      log: streamLoggerOf(telemetry.log),
    });
    return startRelay({
      ports: {
        openOutbox: () => waitFor(postgres, 'the outbox', () => openOutbox(outboxOptions)),
        log: tracedChangeLog(log, telemetry.tracing),
        recordOf: (row) => changeRecordOf(row, changeTopics, serde),
        clock,
        report: telemetryReport(telemetry, clock),
      },
      limits: { pollMs: numbers.POLL_MS, rowsMax: numbers.ROUND_ROWS_MAX },
      signal,
      crash,
    });
  },
});
