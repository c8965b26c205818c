import type { FlagsInForce, FlagsReading, Rollout } from '@porchlight/rollout';
import type { Metrics } from '@porchlight/telemetry';
import type { DropReason, PublisherMetrics } from '@porchlight/stream';
import type { ApiMeter } from './http/api-meter.ts';
import type { OverloadGuard, OverloadReason } from './http/overload-guard.ts';
import type { HomeResult, ReadingMeter } from './reading/index.ts';

const MS_PER_SECOND = 1_000;

/** What the HTTP side counts, as metrics of the list. */
export function apiMeterOf(metrics: Metrics, rollout: Pick<Rollout, 'now'>): ApiMeter {
  const requests = metrics.counter('porchlight.estimate_api.requests');
  const answers = metrics.histogram('porchlight.estimate_api.answer.duration');
  const served = metrics.histogram('http.server.request.duration');
  const items = metrics.counter('porchlight.estimate_api.items');
  const pending = metrics.counter('porchlight.estimate_api.pending');
  const restricted = metrics.counter('porchlight.estimate_api.restricted');
  const streams = metrics.counter('porchlight.estimate_api.streams');
  const firstBytes = metrics.histogram('porchlight.estimate_api.stream.first_byte.duration');
  const streamed = metrics.histogram('porchlight.estimate_api.stream.duration');
  const limited = metrics.counter('porchlight.estimate_api.limited');
  const turnedAway = metrics.counter('porchlight.estimate_api.connections.refused');
  return {
    limited: (policy) => limited.add(1, { policy }),
    turnedAway: () => turnedAway.add(1),
    answered(route, outcome, durationMs, labels) {
      requests.add(1, { route, outcome, ...labels });
      answers.record(durationMs / MS_PER_SECOND, { route, ...labels });
    },
    streamed({ route, format, end, firstByteMs, durationMs, labels }) {
      streams.add(1, { route, format, end, ...labels });
      streamed.record(durationMs / MS_PER_SECOND, { route, ...labels });
      if (firstByteMs !== null) firstBytes.record(firstByteMs / MS_PER_SECOND, { route, ...labels });
      // A client that went was not answered; one whose stream failed was, and knows the code.
      if (end !== 'gone' && end !== 'cut')
        requests.add(1, { route, outcome: end === 'failed' ? 'internal' : 'ok', ...labels });
    },
    served: ({ method, route, status, durationMs, labels }) =>
      served.record(durationMs / MS_PER_SECOND, {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
        ...labels,
      }),
    homes(route, results, labels) {
      const flags = rollout.now();
      const dealt = flags.hasRule('cache.soft-refresh') ? flags : null;
      for (const { status, source, homes, softRefresh } of tally(results, dealt)) {
        const cohorts = softRefresh === null ? labels : { ...labels, 'cache.soft-refresh': softRefresh };
        items.add(homes, { status, source, route, ...cohorts });
        if (status === 'pending') pending.add(homes, { route, ...cohorts });
        if (status === 'restricted' || status === 'withheld') restricted.add(homes);
      }
    },
  };
}

/** What is refused at the door and how many are inside, as metrics of the list. */
export function overloadMeterOf(
  metrics: Metrics,
  guard: () => Pick<OverloadGuard, 'open'>,
): (reason: OverloadReason) => void {
  const refused = metrics.counter('porchlight.estimate_api.refused');
  metrics.gauge('porchlight.estimate_api.requests.open').observe(() => [{ value: guard().open() }]);
  return (reason) => refused.add(1, { reason });
}

interface Counted {
  readonly status: string;
  readonly source: string;
  /** The homes' cohort of `cache.soft-refresh`; null while nobody has spoken of it. */
  readonly softRefresh: string | null;
  homes: number;
}

/** Homes by status, source and cohort: one count for each, not one for each home. They are a handful: a list is searched. */
function tally(results: readonly HomeResult[], flags: FlagsInForce | null): readonly Counted[] {
  const counts: Counted[] = [];
  let last: Counted | undefined;
  for (const { propertyId, status, source } of results) {
    const softRefresh = flags === null ? null : flags.cohortOf('cache.soft-refresh', propertyId);
    const isOfIt = (count: Counted): boolean =>
      count.status === status && count.source === source && count.softRefresh === softRefresh;
    if (last === undefined || !isOfIt(last)) last = counts.find(isOfIt);
    if (last === undefined) counts.push((last = { status, source, softRefresh, homes: 0 }));
    last.homes += 1;
  }
  return counts;
}

/** How the feature flags fare, as metrics of the list. */
export function flagsMeterOf(metrics: Metrics, rollout: () => Pick<Rollout, 'state'>): (reading: FlagsReading) => void {
  const readings = metrics.counter('porchlight.flags.readings');
  metrics.gauge('porchlight.flags.version').observe(() => {
    const { version, origin } = rollout().state();
    return [{ value: version, attributes: { origin } }];
  });
  metrics.gauge('porchlight.flags.read.age').observe(() => {
    const { readAgoMs } = rollout().state();
    return readAgoMs === null ? [] : [{ value: readAgoMs / MS_PER_SECOND }];
  });
  return (reading) => readings.add(1, { reading });
}

/** What the read path counts, as metrics of the list. */
export function readingMeterOf(metrics: Metrics): ReadingMeter {
  const leases = metrics.counter('porchlight.estimate_api.leases');
  const fills = metrics.counter('porchlight.estimate_api.fills');
  const checks = metrics.counter('porchlight.estimate_api.checks');
  const calls = metrics.counter('porchlight.estimate_api.upstream.calls');
  const doubts = metrics.counter('porchlight.estimate_api.doubts');
  return {
    leased: (outcome, homes) => leases.add(homes, { outcome }),
    filled: (outcome, homes) => fills.add(homes, { outcome }),
    checked: (outcome, homes) => checks.add(homes, { outcome }),
    called: (outcome, lane) => calls.add(1, { outcome, lane }),
    doubted: (doubt) => doubts.add(1, { doubt }),
  };
}

/** The publisher's words for a drop, in the metric's. */
const dropReasons: Readonly<Record<DropReason | 'unprepared', string>> = {
  full: 'full',
  unencodable: 'invalid',
  closed: 'stopped',
  expired: 'breaker',
  refused: 'failed',
  unprepared: 'registry', // which has not told the schema yet
};

/** What the publisher counts, and why an event did not even get there. */
export interface EventsMeter extends Pick<PublisherMetrics, 'acknowledged'> {
  dropped(topic: string, reason: DropReason | 'unprepared'): void;
}

/** How viewport events fare, as metrics of the list. */
export function eventsMeterOf(metrics: Metrics): EventsMeter {
  const published = metrics.counter('porchlight.publisher.published');
  const dropped = metrics.counter('porchlight.publisher.dropped');
  const acknowledged = metrics.histogram('porchlight.publisher.acknowledged.duration');
  return {
    dropped: (topic, reason) => dropped.add(1, { topic, reason: dropReasons[reason] }),
    acknowledged({ topic, publishedAt, acknowledgedAt }) {
      published.add(1, { topic });
      acknowledged.record((acknowledgedAt - publishedAt) / MS_PER_SECOND);
    },
  };
}
