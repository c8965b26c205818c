import { createSchemaRegistry, createSerde, groupOf, type ContractSerde, type Topic } from '@porchlight/contracts';
import {
  addressOf,
  runService,
  type ConfigSchema,
  type RunningService,
  type ServiceContext,
} from '@porchlight/service';
import {
  createStreamApp,
  type GroupProtocol,
  type KafkaClient,
  type StreamApp,
  type TaskDefinition,
} from '@porchlight/stream';
import { observeStream } from './observe-stream.ts';
import { streamSettingsOf, type streamConfig } from './stream-config.ts';
import { streamLoggerOf } from './stream-logger.ts';
import { streamMetricsOf } from './stream-metrics.ts';
import { streamTracingOf, tracedMetricsOf } from './stream-tracing.ts';

/** What an app's wiring gives: its tasks, and what to close behind them. */
export interface StreamWiring {
  readonly definitions: readonly TaskDefinition<unknown>[];
  /** Topics that the tasks write: their schemas must be registered, and the topics be there, before the first record. */
  readonly outputs: readonly Topic<unknown>[];
  /** The folder of the local copies of state; needed by an app whose tasks have stores. */
  readonly stateDir?: string;
  /** Told the app before it joins, by one that looks at its state. @returns called first when the app stops */
  attach?(app: StreamApp): () => void;
  /** After the last record and its commit. */
  close(): Promise<void>;
}

type StreamConfig = ConfigSchema<typeof streamConfig>;

export interface StreamAppDefinition<C extends StreamConfig> {
  /** The app's name, as in its folder and in its group. */
  readonly name: string;
  readonly config: C;
  /** Connects what the tasks need. What it waits for, it waits for with `context.waitFor`. */
  wire(context: ServiceContext<C>): Promise<StreamWiring> | StreamWiring;
}

/** Either client leaves rejections behind when its broker goes away. */
const isLeftByClient = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name.startsWith('KafkaJS') || ('code' in error && String(error.code).startsWith('PLT_KFK_')));

async function prepareSerde<C extends StreamConfig>(
  { config, waitFor }: ServiceContext<C>,
  outputs: readonly Topic<unknown>[],
): Promise<ContractSerde> {
  const url = (config as { SCHEMA_REGISTRY_URL: string }).SCHEMA_REGISTRY_URL;
  const serde = createSerde({ registry: createSchemaRegistry({ url }) });
  if (outputs.length > 0)
    await waitFor(`the schema registry at ${addressOf(url)}`, 'the schemas of its outputs', () =>
      serde.prepare(outputs),
    );
  return serde;
}

/** The part of the config that the runtime reads. */
interface KafkaConfig {
  readonly KAFKA_BROKERS: string[];
  readonly KAFKA_CLIENT: KafkaClient;
  readonly KAFKA_GROUP_PROTOCOL: GroupProtocol;
  readonly KAFKA_INSTANCE_ID?: string | undefined;
}

function createApp<C extends StreamConfig>(
  name: string,
  context: ServiceContext<C>,
  { wiring, serde }: { wiring: StreamWiring; serde: ContractSerde },
): Promise<StreamApp> {
  const { config, telemetry, clock, crash } = context;
  const kafka = config as KafkaConfig & Parameters<typeof streamSettingsOf>[0];
  const instanceId = kafka.KAFKA_INSTANCE_ID;
  return createStreamApp({
    client: kafka.KAFKA_CLIENT,
    groupProtocol: kafka.KAFKA_GROUP_PROTOCOL,
    ...(instanceId === undefined ? {} : { instanceId }),
    connection: { brokers: kafka.KAFKA_BROKERS, clientId: name },
    groupId: groupOf(name),
    definitions: wiring.definitions,
    outputs: wiring.outputs,
    ...(wiring.stateDir === undefined ? {} : { stateDir: wiring.stateDir }),
    serde,
    clock,
    log: streamLoggerOf(telemetry.log),
    metrics: tracedMetricsOf(streamMetricsOf(telemetry.metrics, groupOf(name)), telemetry.tracing),
    tracing: streamTracingOf(telemetry.tracing, groupOf(name)),
    settings: streamSettingsOf(kafka),
    onFatal: crash,
  });
}

async function start<C extends StreamConfig>(
  definition: StreamAppDefinition<C>,
  context: ServiceContext<C>,
): Promise<RunningService> {
  const wiring = await definition.wire(context);
  const serde = await prepareSerde(context, wiring.outputs);
  const app = await createApp(definition.name, context, { wiring, serde });
  const endGauges = observeStream(context.telemetry.metrics, () => app.state());
  const detach = wiring.attach?.(app);
  // `start` waits for Kafka for ever; a stop must not wait for it.
  context.signal.addEventListener('abort', () => void app.stop(), { once: true });
  await app.start();
  return {
    isReady: () => app.isReady(),
    isLive: () => app.isLive(),
    async stop() {
      await app.stop();
      detach?.();
      endGauges();
      await wiring.close();
    },
  };
}

/**
 * The life of a stream app: config, wiring, serde, the group `porchlight.<name>`, health, metrics, orderly stop. It waits, with a
 * log line that says for whom, for whatever is not there yet; it is ready after its first join.
 */
export function runStreamApp<C extends StreamConfig>(definition: StreamAppDefinition<C>): Promise<void> {
  return runService({
    name: definition.name,
    config: definition.config,
    isHarmless: isLeftByClient,
    start: (context) => start(definition, context),
  });
}
