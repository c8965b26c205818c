import type { Metrics } from '@porchlight/telemetry';
import type { DropReason, PublisherMetrics } from '@porchlight/stream';
import type { ApiMeter } from './http/api-meter.ts';
import type { HomeResult, ReadingMeter } from './reading/index.ts';

const MS_PER_SECOND = 1_000;

/** What the HTTP side counts, as metrics of the list. */
export function apiMeterOf(metrics: Metrics): ApiMeter {
  const requests = metrics.counter('porchlight.estimate_api.requests');
  const answers = metrics.histogram('porchlight.estimate_api.answer.duration');
  const served = metrics.histogram('http.server.request.duration');
  const items = metrics.counter('porchlight.estimate_api.items');
  const pending = metrics.counter('porchlight.estimate_api.pending');
  const restricted = metrics.counter('porchlight.estimate_api.restricted');
  const limited = metrics.counter('porchlight.estimate_api.limited');
  const turnedAway = metrics.counter('porchlight.estimate_api.connections.refused');
  return {
    limited: (policy) => limited.add(1, { policy }),
    turnedAway: () => turnedAway.add(1),
    answered(route, outcome, durationMs) {
      requests.add(1, { route, outcome });
      answers.record(durationMs / MS_PER_SECOND, { route });
    },
    served: ({ method, route, status, durationMs }) =>
      served.record(durationMs / MS_PER_SECOND, {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
      }),
    homes(route, results) {
      for (const { status, source, homes } of tally(results)) {
        items.add(homes, { status, source, route });
        if (status === 'pending') pending.add(homes, { route });
        if (status === 'restricted' || status === 'withheld') restricted.add(homes);
      }
    },
  };
}

/** Homes by status and source: one count for each, not one for each home. */
function tally(results: readonly HomeResult[]) {
  const counts = new Map<string, { status: string; source: string; homes: number }>();
  for (const { status, source } of results) {
    const key = `${status} ${source}`;
    const counted = counts.get(key);
    if (counted === undefined) counts.set(key, { status, source, homes: 1 });
    else counted.homes += 1;
  }
  return counts.values();
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
const dropReasons: Readonly<Record<DropReason, string>> = {
  full: 'full',
  unencodable: 'invalid',
  closed: 'stopped',
  expired: 'breaker',
  refused: 'failed',
};

export function publisherMetricsOf(metrics: Metrics): Partial<PublisherMetrics> {
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
