/** The forecaster in a process of its own, for the test that kills it: the real task on a real Kafka, with homes nowhere. MEMBER says where. */
import {
  createSchemaRegistry,
  createSerde,
  type SessionView,
  type Topic,
  type ViewportViewed,
  type WarmupCandidates,
} from '@porchlight/contracts';
import { createStreamApp, localSettings, silentLogger } from '@porchlight/stream';
import { createForecaster } from './forecaster.task.ts';
import { alwaysBy } from './session-plan.ts';
import { thinRing } from './strategies/thin-ring.ts';

interface Member {
  readonly groupId: string;
  readonly stateDir: string;
  readonly streams: { input: Topic<ViewportViewed>; output: Topic<WarmupCandidates>; state: Topic<SessionView> };
}

const { groupId, stateDir, streams } = JSON.parse(process.env['MEMBER'] ?? '') as Member;
const serde = createSerde({ registry: createSchemaRegistry({ url: process.env['SCHEMA_REGISTRY_URL'] ?? '' }) });
await serde.prepare(Object.values(streams));
const forecaster = createForecaster({
  planOf: alwaysBy(thinRing),
  tileHomes: { of: async () => new Map() },
  homesPerForecastMax: 20,
  count: () => void process.send?.('forecast'),
  streams,
});
const app = await createStreamApp({
  client: 'kafkajs',
  connection: { brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'forecaster-member' },
  groupId,
  definitions: [{ ...forecaster, startFrom: 'earliest' }],
  serde,
  stateDir,
  log: silentLogger,
  settings: localSettings,
  onFatal: (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
});
await app.start();
