import { SchemaRegistry as RegistryClient } from '@kafkajs/confluent-schema-registry';
import { ContractError } from './errors.ts';
import type { Compatibility, SchemaRegistry } from './schema-registry.ts';

/** What the deploy step may do beside reading. */
export interface WritableSchemaRegistry extends SchemaRegistry {
  /**
   * Registers a schema, or finds it registered, with the compatibility level of its subject.
   *
   * @returns its id @throws {ContractError} SCHEMA_INCOMPATIBLE with the registry's words
   */
  register(subject: string, schema: object, compatibility: Compatibility): Promise<number>;
  /** @returns the id of the newest schema of a subject; undefined if there is none */
  latestIdOf(subject: string): Promise<number | undefined>;
}

/** One request, its tries included, is over by then. */
const REQUEST_TIMEOUT_MS = 3_000;

/**
 * All five, always: the client merges what it is given into one object that all its instances share, so an option left
 * out would be whatever somebody else passed last. The stream runtime and `waitFor` back off; here one more try is enough.
 */
const RETRY = { maxRetryTimeInSecs: 1, initialRetryTimeInSecs: 0.1, factor: 0.2, multiplier: 2, retries: 1 };

const NOT_FOUND = 404;
const REFUSED: readonly number[] = [409, 422];

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;

const unavailable = (error: unknown): ContractError => {
  const why = error instanceof Error ? error.message : 'no answer';
  return new ContractError('REGISTRY_UNAVAILABLE', `the schema registry does not answer as it should: ${why}`);
};

async function asked<T>(
  request: Promise<T>,
  refused: (status: number, error: unknown) => ContractError | undefined,
): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const status = statusOf(error);
    throw (status === undefined ? undefined : refused(status, error)) ?? unavailable(error);
  }
}

/** The client's own lookup hides the status of a 404 behind this name. */
const isNotFound = (error: unknown): boolean =>
  statusOf(error) === NOT_FOUND || (error instanceof Error && error.name === 'ConfluentSchemaRegistryError');

const avroText = (schema: object) => ({ type: 'AVRO' as never, schema: JSON.stringify(schema) });

/** The client takes user and password beside the address, not in it. */
function splitAddress(url: string): { host: string; auth: { username: string; password: string } | undefined } {
  const address = new URL(url);
  const auth = { username: decodeURIComponent(address.username), password: decodeURIComponent(address.password) };
  address.username = '';
  address.password = '';
  return { host: address.href.replace(/\/$/, ''), auth: auth.username === '' ? undefined : auth };
}

/**
 * The registry over HTTP (Confluent API v7). The client is used for its requests alone: its `decode` compiles the schema
 * again for each record, and its `register` would set BACKWARD on a new subject without being asked.
 *
 * @param options.url where it is; may carry user and password
 */
export function createSchemaRegistry(options: { url: string; requestTimeoutMs?: number }): WritableSchemaRegistry {
  const timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const { host, auth } = splitAddress(options.url);
  const client = new RegistryClient({
    host,
    ...(auth === undefined ? {} : { auth }),
    clientId: 'porchlight',
    retry: RETRY,
    middlewares: [() => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs }) })],
  });
  return {
    async schemaOf(schemaId) {
      const found: object = await asked(client.getSchema(schemaId), (status) =>
        status === NOT_FOUND
          ? new ContractError('SCHEMA_UNKNOWN', `the registry has no schema ${schemaId}`)
          : undefined,
      );
      if (!('schema' in found) || typeof found.schema !== 'function')
        throw new ContractError('NOT_AVRO', `schema ${schemaId} is not Avro`);
      const exported: unknown = (found as { schema(options: object): unknown }).schema({ exportAttrs: true });
      return exported as object;
    },
    async idOf(subject, schema) {
      try {
        return await client.getRegistryIdBySchema(subject, avroText(schema));
      } catch (error) {
        if (!isNotFound(error)) throw unavailable(error);
        throw new ContractError(
          'SCHEMA_NOT_REGISTERED',
          `subject ${subject} does not have our schema: run npx porchlight schemas register`,
        );
      }
    },
    async register(subject, schema, compatibility) {
      const registering = client.register(avroText(schema), { subject, compatibility: compatibility as never });
      const { id } = await asked(registering, (status, error) =>
        REFUSED.includes(status) && error instanceof Error
          ? new ContractError('SCHEMA_INCOMPATIBLE', error.message)
          : undefined,
      );
      return id;
    },
    async latestIdOf(subject) {
      try {
        return await client.getLatestSchemaId(subject);
      } catch (error) {
        if (statusOf(error) === NOT_FOUND) return undefined;
        throw unavailable(error);
      }
    },
  };
}
