/** What an app may depend on: the word in `needs` of its deploy.yaml. */
export const dependencyNames = ['kafka', 'registry', 'redis', 'postgres', 'upstream', 'jwks', 'traces'] as const;
export type DependencyName = (typeof dependencyNames)[number];

/** Who is reached: pods of a namespace of the cluster, or what lies outside of it. */
type Peer = { readonly namespace: string } | 'internet';

export interface Dependency {
  readonly port: number;
  readonly peer: Peer;
  /** Variables that say where it is and are no secret, with what they are inside a cluster as README.md describes it. An overlay merges its own. */
  readonly place: Readonly<Record<string, string>>;
  /** Variables with a password in them: files out of the app's Secret. */
  readonly secrets: readonly string[];
  /** The variable that gives away, in an app's config schema, that it depends on this. */
  readonly sign: string;
}

/** Where everything is. An app gets the variables of what it needs, and its NetworkPolicy the ports of exactly these. */
export const dependencies: Readonly<Record<DependencyName, Dependency>> = {
  kafka: {
    port: 9092,
    peer: { namespace: 'kafka' },
    place: { KAFKA_BROKERS: 'porchlight-kafka-bootstrap.kafka.svc:9092' },
    secrets: [],
    sign: 'KAFKA_BROKERS',
  },
  registry: {
    port: 8080,
    peer: { namespace: 'registry' },
    place: { SCHEMA_REGISTRY_URL: 'http://schema-registry.registry.svc:8080/apis/ccompat/v7' },
    secrets: [],
    sign: 'SCHEMA_REGISTRY_URL',
  },
  redis: {
    port: 6379,
    peer: { namespace: 'redis' },
    place: { REDIS_TOPOLOGY: 'single' },
    secrets: ['REDIS_URL'],
    sign: 'REDIS_URL',
  },
  postgres: {
    port: 5432,
    peer: { namespace: 'postgres' },
    place: {},
    secrets: ['DATABASE_URL'],
    sign: 'DATABASE_URL',
  },
  upstream: {
    port: 443,
    peer: 'internet',
    place: { UPSTREAM_URL: 'https://valuation.example.com' },
    secrets: ['UPSTREAM_API_KEY'],
    sign: 'UPSTREAM_URL',
  },
  jwks: {
    port: 443,
    peer: 'internet',
    place: {
      JWT_ISSUER: 'https://login.example.com',
      JWT_AUDIENCE: 'estimates',
      JWKS_URL: 'https://login.example.com/.well-known/jwks.json',
    },
    secrets: [],
    sign: 'JWKS_URL',
  },
  traces: {
    port: 4318,
    peer: { namespace: 'monitoring' },
    place: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel-collector.monitoring.svc:4318' },
    secrets: [],
    sign: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  },
};

/** Name of the ConfigMap with the place of a dependency. */
export const placeNameOf = (dependency: DependencyName): string => `porchlight-place-${dependency}`;

/** @returns whether a ConfigMap says where it is */
export const hasPlace = (dependency: DependencyName): boolean => Object.keys(dependencies[dependency].place).length > 0;
