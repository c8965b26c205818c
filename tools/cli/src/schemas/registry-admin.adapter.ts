import { ContractError, createSchemaRegistry } from '@porchlight/contracts';
import { CliError } from '../cli-error.ts';
import type { SubjectVersion } from './compatibility.ts';
import type { RegistryAdmin } from './registry-admin.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const NOT_FOUND = 404;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** fetch refuses an address with user and password in it. */
function splitAddress(url: string): { base: string; host: string; headers: Record<string, string> } {
  const address = new URL(url);
  const { username, password, host } = address;
  address.username = '';
  address.password = '';
  const userInfo = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers: Record<string, string> =
    username === '' ? {} : { authorization: `Basic ${Buffer.from(userInfo).toString('base64')}` };
  return { base: address.href.replace(/\/$/, ''), host, headers };
}

function createRequest(url: string) {
  const { base, host, headers } = splitAddress(url);
  const unreachable = (why: string, cause?: unknown) =>
    new CliError(
      'REGISTRY_UNREACHABLE',
      `no answer from the schema registry at ${host} (${why}): is it running, and is SCHEMA_REGISTRY_URL right (Confluent API v7, as .../apis/ccompat/v7)?`,
      cause,
    );
  const request = async (method: string, path: string, body?: object): Promise<Answer> => {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: { ...headers, 'content-type': 'application/vnd.schemaregistry.v1+json' },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok && response.status !== NOT_FOUND)
        throw unreachable(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
      return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    } catch (error) {
      if (error instanceof CliError) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw unreachable(cause instanceof Error ? cause.message : 'no answer', error);
    }
  };
  return { request, unreachable };
}

const fieldOf = (answer: Answer, name: string): unknown =>
  typeof answer.body === 'object' && answer.body !== null ? (answer.body as Record<string, unknown>)[name] : undefined;

/** Confluent and Apicurio say `compatibilityLevel` when asked, `compatibility` when told. */
const levelIn = (answer: Answer): string | undefined => {
  const level =
    answer.status === NOT_FOUND
      ? undefined
      : (fieldOf(answer, 'compatibilityLevel') ?? fieldOf(answer, 'compatibility'));
  return typeof level === 'string' ? level : undefined;
};

/** The registry over HTTP: levels and versions by requests of our own, schemas through the client of the contracts. */
export function createRegistryAdmin(url: string): RegistryAdmin {
  const { request, unreachable } = createRequest(url);
  const registry = createSchemaRegistry({ url, requestTimeoutMs: REQUEST_TIMEOUT_MS });
  const pathOf = (subject: string) => encodeURIComponent(subject);
  const asCliError = (error: unknown): CliError => {
    if (!(error instanceof ContractError)) return unreachable(String(error), error);
    if (error.code === 'SCHEMA_INCOMPATIBLE') return new CliError('SCHEMA_INCOMPATIBLE', error.message, error);
    return unreachable(error.message, error);
  };
  return {
    globalLevel: async () => levelIn(await request('GET', '/config')) ?? 'NONE',
    setGlobalLevel: async (compatibility) => void (await request('PUT', '/config', { compatibility })),
    levelOf: async (subject) => levelIn(await request('GET', `/config/${pathOf(subject)}`)),
    setLevelOf: async (subject, compatibility) =>
      void (await request('PUT', `/config/${pathOf(subject)}`, { compatibility })),
    async versionsOf(subject) {
      const { status, body } = await request('GET', `/subjects/${pathOf(subject)}/versions`);
      if (status === NOT_FOUND) return [];
      const versions: SubjectVersion[] = [];
      for (const version of (body as number[]).toSorted((a, b) => a - b)) {
        const answer = await request('GET', `/subjects/${pathOf(subject)}/versions/${version}`);
        const schema = JSON.parse(String(fieldOf(answer, 'schema'))) as object;
        versions.push({ version, id: Number(fieldOf(answer, 'id')), schema });
      }
      return versions;
    },
    async idOf(subject, schema) {
      const answer = await request('POST', `/subjects/${pathOf(subject)}`, { schema: JSON.stringify(schema) });
      return answer.status === NOT_FOUND ? undefined : Number(fieldOf(answer, 'id'));
    },
    register: (subject, schema, level) =>
      registry.register(subject, schema, level).catch((error: unknown) => Promise.reject(asCliError(error))),
  };
}
