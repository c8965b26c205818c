import { createCodec, schemaIdOf, type Codec, type Reader } from './codec.ts';
import { ContractError } from './errors.ts';
import { schemas } from './generated/schemas.ts';
import { createMemoryRegistry, fixedSchemas } from './memory-registry.ts';
import { subjectOf, type SchemaRegistry } from './schema-registry.ts';
import type { Topic } from './topics.ts';

type Named<V> = Pick<Topic<V>, 'name' | '__value'> & { readonly schema?: string };

/** Values to bytes and back, in the Confluent wire format. Satisfies the Serde of libs/stream. */
export interface ContractSerde {
  /**
   * Asks the registry for the ids of our own schemas, once, at the start; never registers. May be called again.
   *
   * @throws {ContractError} SCHEMA_NOT_REGISTERED, REGISTRY_UNAVAILABLE: both worth waiting for
   */
  prepare(topics: readonly Named<unknown>[]): Promise<void>;
  /** @throws {ContractError} VALUE_INVALID, VALUE_OUT_OF_RANGE; {TypeError} for a topic that was not prepared: a caller's bug */
  encode<V>(topic: Named<V>, value: V): Buffer;
  /**
   * A promise only for the first record of a schema that this process has not met.
   *
   * @throws {ContractError} NOT_AVRO, SCHEMA_UNKNOWN, SCHEMA_UNREADABLE, BODY_INVALID, VALUE_OUT_OF_RANGE (all park);
   *   REGISTRY_UNAVAILABLE (retry)
   */
  decode<V>(topic: Named<V>, bytes: Buffer): V | Promise<V>;
}

export interface SerdeOptions {
  readonly registry: SchemaRegistry;
  /** UTC milliseconds; the machine's clock if absent. */
  readonly now?: () => number;
  /** Schemas that are known without asking, by id: ours among them need no `prepare`. */
  readonly known?: ReadonlyMap<number, object>;
}

/** A schema that nobody knows stays unknown this long before the registry is asked again: bad records come in rows. */
const REFUSAL_KEPT_MS = 10_000;
const REFUSALS_MAX = 1_000;

/** What is known of the schemas that others wrote for one topic. */
function createReaders(codec: Codec, { registry, now, known }: Required<SerdeOptions>) {
  const readers = new Map<number, Reader>();
  const asking = new Map<number, Promise<Reader>>();
  const refused = new Map<number, { error: ContractError; at: number }>();
  const refuse = (schemaId: number, error: unknown): never => {
    if (error instanceof ContractError && error.fate === 'park') {
      if (refused.size >= REFUSALS_MAX) refused.clear();
      refused.set(schemaId, { error, at: now() });
    }
    throw error;
  };
  const ask = async (schemaId: number): Promise<Reader> => {
    try {
      const reader = codec.readerOf(await registry.schemaOf(schemaId));
      readers.set(schemaId, reader);
      return reader;
    } catch (error) {
      return refuse(schemaId, error);
    } finally {
      asking.delete(schemaId);
    }
  };
  return {
    kept(schemaId: number): Reader | undefined {
      const kept = readers.get(schemaId);
      const schema = kept === undefined ? known.get(schemaId) : undefined;
      if (schema === undefined) return kept;
      const reader = codec.readerOf(schema);
      readers.set(schemaId, reader);
      return reader;
    },
    learn(schemaId: number): Promise<Reader> {
      const before = refused.get(schemaId);
      if (before !== undefined && now() - before.at < REFUSAL_KEPT_MS) return Promise.reject(before.error);
      const already = asking.get(schemaId);
      if (already !== undefined) return already;
      const question = ask(schemaId);
      asking.set(schemaId, question);
      return question;
    },
  };
}

interface TopicState {
  readonly codec: Codec;
  readonly readers: ReturnType<typeof createReaders>;
  schemaId: number | undefined;
}

/** @returns a serde that asks a registry for what it does not know */
export function createSerde(options: SerdeOptions): ContractSerde {
  const { registry, now = Date.now, known = new Map<number, object>() } = options;
  const states = new Map<string, TopicState>();

  const schemaNamed = (topic: Named<unknown>): object => {
    const schema = schemas[topic.schema ?? topic.name];
    if (schema === undefined) throw new TypeError(`no schema for the topic ${topic.name}`);
    return schema;
  };
  const stateOf = (topic: Named<unknown>): TopicState => {
    const before = states.get(topic.name);
    if (before !== undefined) return before;
    const schema = schemaNamed(topic);
    const codec = createCodec(schema);
    const readers = createReaders(codec, { registry, now, known });
    const fresh: TopicState = { codec, readers, schemaId: [...known].find(([, each]) => each === schema)?.[0] };
    states.set(topic.name, fresh);
    return fresh;
  };
  return {
    async prepare(topics) {
      await Promise.all(
        topics.map(async (topic) => {
          stateOf(topic).schemaId = await registry.idOf(subjectOf(topic), schemaNamed(topic));
        }),
      );
    },
    encode(topic, value) {
      const { codec, schemaId } = stateOf(topic);
      if (schemaId === undefined) throw new TypeError(`prepare() was not called for the topic ${topic.name}`);
      return codec.write(schemaId, value);
    },
    decode<V>(topic: Named<V>, bytes: Buffer): V | Promise<V> {
      const schemaId = schemaIdOf(bytes);
      const { readers } = stateOf(topic);
      const kept = readers.kept(schemaId);
      if (kept !== undefined) return kept.read(bytes) as V;
      return readers.learn(schemaId).then((reader) => reader.read(bytes) as V);
    },
  };
}

/** The same without any registry, for tests: ready for every topic, fixed ids, always synchronous for our own schemas. */
export function memorySerde(registry: SchemaRegistry = createMemoryRegistry()): ContractSerde {
  return createSerde({ registry, known: fixedSchemas });
}
