import { simulatorUrlOf, type FleetPorts } from './fleet-ports.ts';
import { simulatorName, type MemberName } from './fleet-members.ts';
import { localRates } from './local-rates.ts';

/** What the environments of all members are made from. The addresses and keys are secrets: never printed. */
export interface FleetSettings {
  /** KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL, DATABASE_URL. */
  stack: Readonly<Record<string, string>>;
  auth: { issuer: string; audience: string; jwksPath: string };
  ports: FleetPorts;
  upstreamApiKey: string;
  /** 64 hex digits. */
  sessionHmacKey: string;
  /** Where the simulator keeps its values and versions. */
  simulatorFolder: string;
  /** Where the apps keep the local copies of their state; each partition has a folder of its own in it. */
  stateFolder?: string;
  logLevel: string;
  /** Added last: for everyone, and for single members. */
  extra?: Readonly<Record<string, string>>;
  extraOf?: Readonly<Partial<Record<MemberName, Readonly<Record<string, string>>>>>;
}

type Need = 'kafka' | 'state' | 'redis' | 'database' | 'upstream' | 'viewers';

/** Who may touch what, as the design's table has it: nobody is handed an address that it has no business with. */
const needs: Readonly<Record<MemberName, readonly Need[]>> = {
  'upstream-simulator': [],
  'estimate-api': ['kafka', 'redis', 'database', 'upstream', 'viewers'],
  forecaster: ['kafka', 'redis', 'database', 'state'],
  'request-filter': ['kafka', 'redis', 'database'],
  'data-fetcher': ['kafka', 'redis', 'upstream'],
  'data-writer': ['kafka', 'redis'],
  invalidator: ['kafka', 'redis', 'database'],
  'catalog-relay': ['kafka', 'database'],
};

/**
 * Local timings: a killed app's partitions move in under ten seconds, and a stop of everything fits into ten. The drain
 * is half of what a cluster gives, because the backing services need up to 5 s after it. What it cuts off is done again.
 */
const local = { KAFKA_SESSION_TIMEOUT_MS: '6000', KAFKA_HEARTBEAT_MS: '1500', DRAIN_MS: '2500' };

/** What libs/service takes beyond the drain before it says DRAIN_TIMEOUT and goes on closing. */
const SERVICE_MARGIN_MS = 1_000;
/** Closing its servers and its telemetry after that, on a busy machine. */
const CLOSE_MS = 500;

/** How long a member may take to stop before SIGKILL: never less than what it has been told that it may take. */
export function stopGraceMsOf(environment: Readonly<Record<string, string>>): number {
  const told = Number(environment['DRAIN_MS']);
  const drainMs = told > 0 && told < Infinity ? told : Number(local.DRAIN_MS);
  return drainMs + SERVICE_MARGIN_MS + CLOSE_MS;
}

/** What a program needs from ours to run at all; nothing else is inherited, so that a stray variable changes no app. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

function valuesFor(
  need: Need,
  { stack, auth, ports, upstreamApiKey, sessionHmacKey, stateFolder }: FleetSettings,
): Record<string, string | undefined> {
  switch (need) {
    case 'kafka':
      return {
        KAFKA_BROKERS: stack['KAFKA_BROKERS'],
        SCHEMA_REGISTRY_URL: stack['SCHEMA_REGISTRY_URL'],
        KAFKA_SESSION_TIMEOUT_MS: local.KAFKA_SESSION_TIMEOUT_MS,
        KAFKA_HEARTBEAT_MS: local.KAFKA_HEARTBEAT_MS,
      };
    case 'state':
      return { STATE_DIR: stateFolder };
    case 'redis':
      return { REDIS_URL: stack['REDIS_URL'] };
    case 'database':
      return { DATABASE_URL: stack['DATABASE_URL'] };
    case 'upstream':
      return { UPSTREAM_URL: simulatorUrlOf(ports), UPSTREAM_API_KEY: upstreamApiKey };
    case 'viewers':
      return {
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: String(ports.api),
        KEEP_SERVING_MS: '0', // no balancer stands before it
        AUTH_MODE: 'jwt',
        JWT_ISSUER: auth.issuer,
        JWT_AUDIENCE: auth.audience,
        JWKS_PATH: auth.jwksPath,
        SESSION_HMAC_KEY: sessionHmacKey,
        ...localRates,
      };
  }
}

const simulatorValues = ({ ports, upstreamApiKey, simulatorFolder }: FleetSettings): Record<string, string> => ({
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: String(ports.simulator),
  UPSTREAM_API_KEY: upstreamApiKey,
  SIM_DATA_DIR: simulatorFolder,
});

/**
 * The whole environment of one member.
 *
 * @param ours  the environment that this process has; only what any program needs is taken from it
 */
export function environmentOf(
  member: MemberName,
  settings: FleetSettings,
  ours: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const operations = {
    METRICS_HOST: '127.0.0.1',
    METRICS_PORT: String(settings.ports.operations[member]),
    LOG_LEVEL: settings.logLevel,
    DRAIN_MS: local.DRAIN_MS,
  };
  const all: Record<string, string | undefined> = {
    ...Object.fromEntries(inherited.map((name) => [name, ours[name]])),
    ...operations,
    ...(member === simulatorName ? simulatorValues(settings) : {}),
    ...(Object.assign({}, ...needs[member].map((need) => valuesFor(need, settings))) as Record<
      string,
      string | undefined
    >),
    ...settings.extra,
    ...settings.extraOf?.[member],
  };
  const given = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  return Object.fromEntries(given);
}
