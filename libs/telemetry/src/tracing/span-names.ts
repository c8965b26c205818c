/** Who a span is about, in OpenTelemetry's words. */
export type SpanKindName = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/** One row of the list of spans. */
export interface SpanSpec {
  readonly kind: SpanKindName;
  /** What the span is called; `{attribute}` stands for the attribute's value at its beginning. */
  readonly title: string;
  readonly description: string;
  /** What it may say, and what the values are. The values are few: never an id, a key, a tile, a viewer, a value, a message. */
  readonly attributes: Readonly<Record<string, string>>;
}

const errorType = { 'error.type': 'the stable code of the error; absent on success' } as const;
const kafka = {
  'messaging.system': 'kafka',
  'messaging.operation.name': 'process, send',
  'messaging.operation.type': 'process, send, create',
  'messaging.destination.name': 'the topic',
} as const;
const data = {
  'db.operation.name': 'what is asked of it',
  'db.operation.batch.size': 'how many homes, if more than one',
} as const;

/**
 * Every span of Porchlight: the list comes first, then the use. A name or an attribute that is not here does not type-check.
 * Names follow OpenTelemetry's semantic conventions (v1.44; those of messaging are in development there).
 */
export const spanNames = {
  'http.server': {
    kind: 'server',
    title: '{http.request.method} {http.route}',
    description: 'A request to estimate-api, from its first hook to its last byte.',
    attributes: {
      'http.request.method': 'GET, POST, ...',
      'http.route': 'the route, never the path',
      'http.response.status_code': 'the status',
      ...errorType,
    },
  },
  'cache.call': {
    kind: 'client',
    title: '{db.operation.name} estimates',
    description: 'One question to the estimate cache.',
    attributes: { 'db.system.name': 'redis', ...data, ...errorType },
  },
  'database.call': {
    kind: 'client',
    title: '{db.operation.name} properties',
    description: 'One question to the property database.',
    attributes: { 'db.system.name': 'postgresql', ...data, ...errorType },
  },
  'upstream.wait': {
    kind: 'internal',
    title: 'await upstream',
    description: 'One caller of the paid API: its place in the queue and the call that it shares with others.',
    attributes: { 'porchlight.homes': 'how many', 'porchlight.lane': 'user, background', ...errorType },
  },
  'upstream.call': {
    kind: 'client',
    title: 'call upstream',
    description: 'One paid call. In the trace of its first caller; the others are links.',
    attributes: { 'porchlight.homes': 'how many', 'porchlight.callers': 'how many share it', ...errorType },
  },
  'messaging.process': {
    kind: 'consumer',
    title: 'process {messaging.destination.name}',
    description:
      'A record in its task, waits and retries included, to its end; its outputs follow as spans of their own.',
    attributes: {
      ...kafka,
      'messaging.consumer.group.name': 'the consumer group',
      'messaging.destination.partition.id': 'the partition',
      'porchlight.outcome': 'processed, dropped, parked, abandoned',
      ...errorType,
    },
  },
  'messaging.send': {
    kind: 'producer',
    title: 'send {messaging.destination.name}',
    description: 'An output of a task, until Kafka has acknowledged it.',
    attributes: { ...kafka, ...errorType },
  },
  'messaging.create': {
    kind: 'producer',
    title: 'create {messaging.destination.name}',
    description: 'A record that goes into the ring of a publisher, or into a batch of catalog-relay.',
    attributes: { ...kafka, ...errorType },
  },
} as const satisfies Record<string, SpanSpec>;

export type SpanName = keyof typeof spanNames;

/** What a span of this name may say. */
export type SpanAttributes<N extends SpanName> = {
  readonly [A in keyof (typeof spanNames)[N]['attributes']]?: string | number;
};
