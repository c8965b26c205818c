/** How a number behaves: `counter` only rises, `gauge` is a reading, `histogram` a distribution. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** One row of the list of names. */
export interface MetricSpec {
  readonly kind: MetricKind;
  /** UCUM, as OpenTelemetry writes it: `s`, `By`, `1`, or a noun in braces. */
  readonly unit: string;
  readonly description: string;
  /** What every reading must name, and what its values are. The values are few: never an id, a key, a tile, a message. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** What a reading may name. */
  readonly optionalAttributes?: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

/** OpenTelemetry's advice for durations, in seconds. */
const SEMCONV_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** A cache hit takes one or two milliseconds: the advice above would put them all into its first bucket. */
const ANSWER_SECONDS = [
  0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5,
];
/** Has 0.2, 1 and 2: the limits that bench -- warmup is held to. */
const WARM_UP_SECONDS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30];

const consumed = {
  'messaging.system': 'kafka',
  'messaging.destination.name': 'the topic',
  'messaging.consumer.group.name': 'the consumer group',
} as const;
const errorType = { 'error.type': 'the stable code of the error; absent on success' } as const;
const topic = { topic: 'the input topic' } as const;
/** The cohorts of the session that asked (libs/rollout): a flag that nobody has spoken of is no label. */
const cohorts = {
  'cache.read': 'on, off',
  'cache.warmup': 'on, off',
  'forecast.strategy': 'thin-ring, ring, next-views, default',
} as const;
/** The same, and the homes' own. */
const homeCohorts = { ...cohorts, 'cache.soft-refresh': 'on, off' } as const;
const partition = { topic: 'the input topic', partition: 'its number' } as const;

/**
 * Every metric of Porchlight: the list comes first, then the use. A name that is not here does not type-check.
 * Names follow OpenTelemetry's semantic conventions; `porchlight.<app>.<noun>` where there is none.
 */
export const metricNames = {
  'process.memory.usage': { kind: 'gauge', unit: 'By', description: 'Resident memory of the process.' },
  'process.cpu.time': {
    kind: 'counter',
    unit: 's',
    description: 'Processor time used.',
    attributes: { 'cpu.mode': 'user, system' },
  },
  'process.uptime': { kind: 'gauge', unit: 's', description: 'Time since the process started.' },
  'v8js.memory.heap.used': { kind: 'gauge', unit: 'By', description: 'JavaScript heap in use.' },
  'nodejs.eventloop.delay.p99': {
    kind: 'gauge',
    unit: 's',
    description: '99th percentile of the event loop delay since the last reading.',
  },
  'nodejs.eventloop.utilization': {
    kind: 'gauge',
    unit: '1',
    description: 'Share of time since the last reading in which the event loop was busy.',
  },
  'http.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'HTTP requests served.',
    attributes: {
      'http.request.method': 'GET, POST, ...',
      'http.route': 'the route, never the path',
      'http.response.status_code': 'the status',
    },
    optionalAttributes: { ...errorType, ...cohorts },
    buckets: ANSWER_SECONDS,
  },
  'messaging.client.consumed.messages': {
    kind: 'counter',
    unit: '{message}',
    description: 'Records delivered to a task, once for each delivery.',
    attributes: consumed,
    optionalAttributes: errorType,
  },
  'messaging.client.sent.messages': {
    kind: 'counter',
    unit: '{message}',
    description: 'Records that Kafka acknowledged: outputs and dead letters.',
    attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'the topic' },
    optionalAttributes: errorType,
  },
  'messaging.process.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time a task took for one record, or for one batch of them.',
    attributes: consumed,
    optionalAttributes: { ...errorType, outcome: 'processed, dropped, parked' },
    buckets: SEMCONV_SECONDS,
  },
  'porchlight.stream.lag': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Records of a partition that are not committed yet.',
    attributes: partition,
  },
  'porchlight.stream.lag.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Age of the oldest record of a partition that is not committed; 0 with no lag.',
    attributes: partition,
  },
  'porchlight.stream.dropped': {
    kind: 'counter',
    unit: '{record}',
    description: 'Records that a task let go on purpose.',
    attributes: { reason: 'late, superseded, the code that a rule drops, or what the task says' },
    optionalAttributes: topic,
  },
  'porchlight.stream.parked': {
    kind: 'counter',
    unit: '{record}',
    description: 'Records sent to the dead-letter topic.',
    attributes: { code: 'the stable code of the error' },
    optionalAttributes: topic,
  },
  'porchlight.stream.retried': {
    kind: 'counter',
    unit: '{attempt}',
    description: 'Records tried again because a dependency was down.',
    attributes: { code: 'the stable code of the error' },
    optionalAttributes: topic,
  },
  'porchlight.stream.inflight': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Records taken from Kafka and not finished.',
    optionalAttributes: topic,
  },
  'porchlight.stream.rebalances': {
    kind: 'counter',
    unit: '{rebalance}',
    description: 'Times the consumer joined its group again.',
    optionalAttributes: topic,
  },
  'porchlight.stream.assigned.partitions': {
    kind: 'gauge',
    unit: '{partition}',
    description: 'Partitions that this process holds.',
    optionalAttributes: topic,
  },
  'porchlight.stream.commit.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Time since the last commit of a partition that has something to commit, the longest; 0 with nothing.',
    optionalAttributes: partition,
  },
  'porchlight.publisher.published': {
    kind: 'counter',
    unit: '{record}',
    description: 'Records that Kafka acknowledged to publish().',
    optionalAttributes: topic,
  },
  'porchlight.publisher.dropped': {
    kind: 'counter',
    unit: '{record}',
    description: 'Records that publish() let go: a request never waits for Kafka.',
    attributes: { reason: 'full, breaker, failed, invalid, registry, stopped' },
    optionalAttributes: topic,
  },
  'porchlight.publisher.ring.depth': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Records that wait in the ring of publish().',
  },
  'porchlight.publisher.acknowledged.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'From publish() to the acknowledgement of Kafka.',
    buckets: SEMCONV_SECONDS,
  },
  'porchlight.estimate_api.items': {
    kind: 'counter',
    unit: '{home}',
    description: 'Homes answered. Item hit rate = hit and warm_hit over all but status unknown; pending is a miss.',
    attributes: {
      status: 'unknown, withheld, restricted, none, available, pending, unavailable',
      source: 'hit, warm_hit (a warm-up wrote the value last), miss',
    },
    optionalAttributes: { route: 'single, batch, map', ...homeCohorts },
  },
  'porchlight.estimate_api.requests': {
    kind: 'counter',
    unit: '{request}',
    description: 'Calls answered.',
    attributes: { route: 'single, batch, map, density', outcome: 'ok, or the stable code of the problem' },
    optionalAttributes: cohorts,
  },
  'porchlight.estimate_api.limited': {
    kind: 'counter',
    unit: '{request}',
    description: 'Calls refused because a rate limit was used up.',
    attributes: { policy: 'address, caller, service' },
  },
  'porchlight.estimate_api.limits.alone': {
    kind: 'counter',
    unit: '{count}',
    description: 'Counts of rate limits that Redis did not give: this process counted by itself.',
  },
  'porchlight.estimate_api.connections.refused': {
    kind: 'counter',
    unit: '{connection}',
    description: 'Connections closed as they came, because there were as many as there may be.',
  },
  'porchlight.estimate_api.refused': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests refused at the door because more was asked than can be answered; nothing else counts them.',
    attributes: { reason: 'busy (waited too long for the processor), full (too many under way)' },
  },
  'porchlight.estimate_api.requests.open': {
    kind: 'gauge',
    unit: '{request}',
    description: 'Requests that were let in and are not answered yet.',
  },
  'porchlight.estimate_api.pending': {
    kind: 'counter',
    unit: '{home}',
    description: 'Homes whose fetch went on after the deadline of the call.',
    optionalAttributes: { route: 'single, batch, map', ...homeCohorts },
  },
  'porchlight.estimate_api.answer.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'From the arrival of a call to its answer.',
    attributes: { route: 'single, batch, map, density' },
    optionalAttributes: cohorts,
    buckets: ANSWER_SECONDS,
  },
  'porchlight.estimate_api.streams': {
    kind: 'counter',
    unit: '{stream}',
    description: 'Answers that were told home by home, by how they ended.',
    attributes: {
      route: 'batch, map',
      format: 'event-stream, ndjson',
      end: 'complete, deadline, stopping, failed, gone (the client went), cut (the client did not read)',
    },
    optionalAttributes: cohorts,
  },
  'porchlight.estimate_api.stream.first_byte.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'From the arrival of a call to the first home of its stream.',
    attributes: { route: 'batch, map' },
    optionalAttributes: cohorts,
    buckets: ANSWER_SECONDS,
  },
  'porchlight.estimate_api.stream.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'From the arrival of a call to the end of its stream, the reading of the client included.',
    attributes: { route: 'batch, map' },
    optionalAttributes: cohorts,
    buckets: [...ANSWER_SECONDS, 10, 25],
  },
  'porchlight.estimate_api.checks': {
    kind: 'counter',
    unit: '{home}',
    description: 'Cached homes whose facts were read again from the primary.',
    attributes: { outcome: 'same, newer, older, refused, failed' },
  },
  'porchlight.estimate_api.doubts': {
    kind: 'counter',
    unit: '{home}',
    description: 'Homes answered as withheld because something about them is not understood.',
    attributes: { doubt: 'unknown-mls, unknown-status, unknown-level' },
  },
  'porchlight.estimate_api.watermark.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Age of the oldest watermark in use: above FEED_STALE_MS hits are checked.',
  },
  'porchlight.estimate_api.estimates.age': {
    kind: 'gauge',
    unit: 's',
    description:
      'How far estimate.updated is behind, in the bucket of Redis that is furthest: above ESTIMATES_LATE_MS, with FRESHNESS=events, old estimates are refreshed.',
  },
  'porchlight.estimate_api.watermark.missing': {
    kind: 'gauge',
    unit: '{bucket}',
    description: 'Buckets of Redis whose mark is not believed: hits there are believed by their own check alone.',
  },
  'porchlight.estimate_api.shadowed': {
    kind: 'counter',
    unit: '{home}',
    description: 'Hits that were compared with the primary after their answer (SHADOW_PERCENT).',
    attributes: { outcome: 'same, settled, behind, differs, ahead, gone, failed, dropped' },
  },
  'porchlight.estimate_api.leases': {
    kind: 'counter',
    unit: '{home}',
    description: 'Answers of ACQUIRE.',
    attributes: { outcome: 'hit, win, wait, failed' },
  },
  'porchlight.estimate_api.fills': {
    kind: 'counter',
    unit: '{home}',
    description: 'Answers of FILL.',
    attributes: { outcome: 'ok, older, behind, epoch, below, failed' },
  },
  'porchlight.estimate_api.upstream.calls': {
    kind: 'counter',
    unit: '{call}',
    description: 'Paid calls of the upstream API.',
    attributes: {
      outcome: 'ok, or the stable code of the error',
      lane: 'sync, warm, trickle, bypass (sessions without the cache)',
    },
  },
  'porchlight.estimate_api.restricted': {
    kind: 'counter',
    unit: '{home}',
    description: 'Homes whose value the viewer may not see.',
  },
  'porchlight.forecaster.homes': {
    kind: 'counter',
    unit: '{home}',
    description: 'Homes that forecasts named.',
    attributes: { outcome: 'sent, cut' },
    optionalAttributes: { strategy: 'ring, thin-ring, next-views' },
  },
  'porchlight.request_filter.homes': {
    kind: 'counter',
    unit: '{home}',
    description: 'Candidates by what became of them.',
    attributes: { outcome: 'requested, cached, leased, duplicate, hidden, unknown, behind' },
  },
  'porchlight.data_fetcher.homes': {
    kind: 'counter',
    unit: '{home}',
    description: 'Requested homes by what became of them.',
    attributes: { outcome: 'fetched, none, worthless, late, throttled, failed' },
  },
  'porchlight.upstream.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Calls of the upstream API, retries included.',
    attributes: { lane: 'user, background', outcome: 'ok, or the stable code of the error' },
    buckets: SEMCONV_SECONDS,
  },
  'porchlight.upstream.refused': {
    kind: 'counter',
    unit: '{call}',
    description: 'Calls of the upstream API that were not made.',
    attributes: { lane: 'user, background', code: 'SOURCE_PAUSED, SOURCE_BROKEN, SOURCE_OVER_BUDGET' },
  },
  'porchlight.upstream.hedges': {
    kind: 'counter',
    unit: '{call}',
    description: 'Second calls that were made because an answer was late; all but the refused are billed.',
    attributes: { outcome: 'won, lost, failed, refused' },
  },
  'porchlight.upstream.retries': {
    kind: 'counter',
    unit: '{call}',
    description: 'Calls of the upstream API that failed, by whether they were made once more.',
    attributes: { verdict: 'retry, no-use (paid twice, or the same again), no-time, no-budget' },
  },
  'porchlight.upstream.draws': {
    kind: 'counter',
    unit: '{draw}',
    description:
      'Draws from the budget of upstream calls. local: Redis did not answer, and this process kept to its share.',
    attributes: { from: 'fleet, local' },
  },
  'porchlight.upstream.breaker.changes': {
    kind: 'counter',
    unit: '{change}',
    description: 'Changes of the circuit breaker before the upstream API.',
    attributes: { state: 'closed, half-open, open' },
  },
  'porchlight.upstream.breaker.open': {
    kind: 'gauge',
    unit: '1',
    description: 'The circuit breaker now: 0 closed, 0.5 half-open (one call finds out), 1 open.',
  },
  'porchlight.upstream.pause.left': {
    kind: 'gauge',
    unit: 's',
    description: 'How long this process leaves the upstream API alone, because it asked some process for that.',
    attributes: { lane: 'user, background' },
  },
  'porchlight.upstream.in_flight': {
    kind: 'gauge',
    unit: '{call}',
    description: 'Calls of the upstream API under way.',
  },
  'porchlight.upstream.waiting': {
    kind: 'gauge',
    unit: '{caller}',
    description: 'Callers that wait for a call of the upstream API to begin.',
  },
  'porchlight.data_writer.fills': {
    kind: 'counter',
    unit: '{home}',
    description: 'Answers of FILL; a refused home is dropped.',
    attributes: { outcome: 'ok, older, behind, epoch, below, unreachable' },
  },
  'porchlight.data_writer.warmup.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'From the viewport event to the value in Redis, for each home.',
    buckets: WARM_UP_SECONDS,
  },
  'porchlight.data_writer.pipeline.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'The same less the upstream call.',
    buckets: WARM_UP_SECONDS,
  },
  'porchlight.invalidator.changes': {
    kind: 'counter',
    unit: '{change}',
    description: 'Change records by what they did to the cache.',
    attributes: {
      topic: 'the change topic',
      outcome: 'already, removed, fenced, absent, updated, older, counted, passed_over, unreadable_key',
    },
  },
  'porchlight.invalidator.marks': {
    kind: 'counter',
    unit: '{mark}',
    description: 'Marks of partitions in buckets of Redis, once a second each, by what the bucket said.',
    attributes: { outcome: 'marked, changed, lower, missing, unreachable, reset' },
  },
  'porchlight.invalidator.replayed': {
    kind: 'counter',
    unit: '{change}',
    description: 'Changes that are applied again, because Redis has forgotten them.',
    attributes: { topic: 'the change topic' },
  },
  'porchlight.invalidator.sampled': {
    kind: 'counter',
    unit: '{look}',
    description: 'Looks at homes whose change was applied that long ago, Redis against the primary.',
    attributes: {
      age: '1s, 10s, 1m, 10m',
      outcome: 'consistent, absent, inconsistent, unread (Redis or PostgreSQL did not answer)',
    },
  },
  'porchlight.invalidator.inconsistent': {
    kind: 'counter',
    unit: '{look}',
    description: 'Those that found a cached value which is wrong; below_fence is an alert.',
    attributes: { age: '1s, 10s, 1m, 10m', kind: 'below_fence, behind, differs, ahead, unknown_home' },
  },
  'porchlight.invalidator.watermark.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Age of T, the time up to which every change is applied, in the partition that is furthest behind.',
  },
  'porchlight.catalog_relay.published': {
    kind: 'counter',
    unit: '{row}',
    description: 'Outbox rows that Kafka acknowledged.',
    attributes: { topic: 'the catalogue topic' },
  },
  'porchlight.catalog_relay.outbox.rows': {
    kind: 'gauge',
    unit: '{row}',
    description: 'Rows of the outbox at the last round.',
  },
  'porchlight.catalog_relay.round.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'One round: snapshot, publish, delete, write T.',
    buckets: SEMCONV_SECONDS,
  },
  'porchlight.catalog_relay.active': {
    kind: 'gauge',
    unit: '{relay}',
    description: '1 in the relay that holds the advisory lock, 0 in the others.',
  },
  'porchlight.catalog_relay.buried.rows': {
    kind: 'gauge',
    unit: '{row}',
    description: 'Outbox rows that no record can be made of; above 0 is an alert: T stands still.',
  },
  'porchlight.catalog_relay.progress.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Age of T, the time up to which every change is in Kafka; only in the active relay.',
  },
  'porchlight.flags.readings': {
    kind: 'counter',
    unit: '{reading}',
    description:
      'Readings of the feature flags, twice a second; after any but changed the last good ones are in force.',
    attributes: { reading: 'same, changed, missing, restored, refused, failed' },
  },
  'porchlight.flags.version': {
    kind: 'gauge',
    unit: '{version}',
    description: 'Version of the feature flags in force; 0: everything is as usual.',
    attributes: { origin: 'store, file, usual' },
  },
  'porchlight.flags.read.age': {
    kind: 'gauge',
    unit: 's',
    description: 'Time since Redis has told the feature flags.',
  },
  'porchlight.tracing.spans': {
    kind: 'counter',
    unit: '{span}',
    description: 'Recorded spans by what became of them; anything but exported is lost, and nobody waited for it.',
    attributes: {
      end: 'exported, failed (the collector did not take them in time), full (too many waited), stopped (the process ended)',
    },
  },
  'porchlight.cache.rejected': {
    kind: 'counter',
    unit: '{value}',
    description: 'Cached values that could not be understood: each was a miss.',
    attributes: { reason: 'newer, truncated, foreign (how it was written)' },
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof metricNames;

/** The names of one kind. */
export type NamesOf<K extends MetricKind> = {
  [N in MetricName]: (typeof metricNames)[N]['kind'] extends K ? N : never;
}[MetricName];

type Spec<N extends MetricName> = (typeof metricNames)[N];
type Values<S> = { readonly [A in keyof S]: string | number };

/** What a reading of one metric must name, and may name. */
export type AttributesOf<N extends MetricName> = (Spec<N> extends { attributes: infer S } ? Values<S> : unknown) &
  (Spec<N> extends { optionalAttributes: infer S } ? Partial<Values<S>> : unknown);

/** Rest arguments: attributes may be left out where none is required. */
export type AttributesArgument<N extends MetricName> =
  Spec<N> extends { attributes: object } ? [attributes: AttributesOf<N>] : [attributes?: AttributesOf<N>];
