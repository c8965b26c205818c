import { join } from 'node:path';
import { applyTopics, registerSchemas } from '@porchlight/cli';
import { migrate } from '@porchlight/property-catalog';
import { startStack, type Stack } from '@porchlight/stack';
import type { Say } from '../check.ts';

/** What the change feed runs on; each scenario brings a Redis of its own. */
const services = ['kafka', 'postgres', 'registry'] as const;

/** A Kafka, a registry and a property database with their topics, schemas and tables; one for all scenarios of a run. */
export class FeedStack {
  readonly #instance: string;
  readonly #folder: string;
  readonly #say: Say;
  readonly #signal: AbortSignal;
  #starting: Promise<Stack> | undefined;

  constructor(options: { instance: string; folder: string; say: Say; signal: AbortSignal }) {
    this.#instance = options.instance;
    this.#folder = join(options.folder, 'stack');
    this.#say = options.say;
    this.#signal = options.signal;
  }

  /** Started by the first who asks. */
  started(): Promise<Stack> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async stop(): Promise<void> {
    const stack = await this.#starting?.catch(() => undefined);
    await stack?.stop();
  }

  async #start(): Promise<Stack> {
    this.#say('starting Kafka, the registry and PostgreSQL …');
    const stack = await startStack({
      instance: this.#instance,
      dataDir: this.#folder,
      services: [...services],
      fresh: true,
      signal: this.#signal,
    });
    await applyTopics({ brokers: stack.kafkaBrokers.split(','), replication: 1 });
    await registerSchemas({ registryUrl: stack.schemaRegistryUrl });
    await migrate({ databaseUrl: stack.databaseUrl });
    return stack;
  }
}
