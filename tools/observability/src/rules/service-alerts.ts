import { topics } from '@porchlight/contracts';
import { appeared, maxBy, observedPerSecond, rateBy, series, sumBy } from '../promql.ts';
import type { Alert } from './alert.ts';

const seen = sumBy([], observedPerSecond('http.server.request.duration', {}, '5m'));
const refusedShare = `${rateBy('porchlight.estimate_api.refused', [], {}, '5m')} / (${rateBy('porchlight.estimate_api.refused', [], {}, '5m')} + ${seen})`;
const asked = (count: number) => ({
  'http_server_request_duration_seconds_count{job="estimate-api", http_route="/v1/map/estimates", http_response_status_code="200"}': `0+${count}x40`,
});

/** The service, the paid API behind it, and the processes themselves. */
export const serviceAlerts: readonly Alert[] = [
  {
    name: 'PorchlightRequestsRefused',
    expr: `${refusedShare} > 0.02`,
    for: '5m',
    keepFiringFor: '5m',
    severity: 'ticket',
    summary: 'estimate-api refuses {{ $value | humanizePercentage }} of the requests at its door.',
    fires: {
      when: 'one of ten is refused',
      series: { ...asked(900), 'porchlight_estimate_api_refused_total{job="estimate-api", reason="busy"}': '0+100x40' },
      at: '15m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'one of a thousand is',
        series: { ...asked(999), 'porchlight_estimate_api_refused_total{job="estimate-api", reason="busy"}': '0+1x40' },
        at: '15m',
      },
    ],
  },
  {
    name: 'PorchlightHomesUnavailable',
    expr: `${rateBy('porchlight.estimate_api.items', [], { status: 'unavailable' }, '5m')} / ${rateBy('porchlight.estimate_api.items', [], { status: { notIn: ['unknown'] } }, '5m')} > 0.01`,
    for: '5m',
    keepFiringFor: '5m',
    severity: 'page',
    summary: '{{ $value | humanizePercentage }} of the homes cannot be shown safely.',
    fires: {
      when: 'the primary is away and the feed with it',
      series: {
        'porchlight_estimate_api_items_total{job="estimate-api", status="unavailable", source="miss"}': '0+100x20',
        'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="hit"}': '0+900x20',
      },
      at: '12m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'homes are hidden or not there yet',
        series: {
          'porchlight_estimate_api_items_total{job="estimate-api", status="withheld", source="miss"}': '0+300x20',
          'porchlight_estimate_api_items_total{job="estimate-api", status="pending", source="miss"}': '0+300x20',
          'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="hit"}': '0+900x20',
        },
        at: '12m',
      },
    ],
  },
  {
    name: 'PorchlightHomesDoubted',
    expr: appeared('porchlight.estimate_api.doubts', ['doubt'], {}, '15m'),
    keepFiringFor: '30m',
    severity: 'ticket',
    summary: 'Homes are withheld from everybody because something about them is not understood: {{ $labels.doubt }}.',
    fires: {
      when: 'the first home of an MLS that has no rule',
      series: { 'porchlight_estimate_api_doubts_total{job="estimate-api", doubt="unknown-mls"}': '_x20 5x10' },
      at: '23m',
      labels: [{ doubt: 'unknown-mls' }],
    },
    quiet: [
      {
        when: 'the rule was mended an hour ago',
        series: { 'porchlight_estimate_api_doubts_total{job="estimate-api", doubt="unknown-mls"}': '50x120' },
        at: '90m',
      },
    ],
  },
  {
    name: 'PorchlightViewsDropped',
    expr: `${rateBy('porchlight.publisher.dropped', [], {}, '5m')} / (${rateBy('porchlight.publisher.dropped', [], {}, '5m')} + ${rateBy('porchlight.publisher.published', [], {}, '5m')}) > 0.05`,
    for: '10m',
    severity: 'ticket',
    summary:
      '{{ $value | humanizePercentage }} of the viewport events are not published: their neighbourhoods are not warmed.',
    fires: {
      when: 'Kafka takes half of them',
      series: {
        [`porchlight_publisher_dropped_total{job="estimate-api", topic="${topics.viewportViewed.name}", reason="breaker"}`]:
          '0+60x40',
        [`porchlight_publisher_published_total{job="estimate-api", topic="${topics.viewportViewed.name}"}`]: '0+60x40',
      },
      at: '20m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'one of a hundred is dropped',
        series: {
          [`porchlight_publisher_dropped_total{job="estimate-api", topic="${topics.viewportViewed.name}", reason="full"}`]:
            '0+1x40',
          [`porchlight_publisher_published_total{job="estimate-api", topic="${topics.viewportViewed.name}"}`]:
            '0+99x40',
        },
        at: '20m',
      },
    ],
  },
  {
    name: 'PorchlightUpstreamBroken',
    expr: `${maxBy(['job'], series('porchlight.upstream.breaker.open'))} == 1`,
    for: '2m',
    keepFiringFor: '5m',
    severity: 'page',
    summary: '{{ $labels.job }} does not ask the paid API any more: its circuit breaker is open.',
    fires: {
      when: 'the seller is down',
      series: { 'porchlight_upstream_breaker_open_ratio{job="estimate-api", instance="a"}': '0x3 1x20' },
      at: '8m',
      labels: [{ job: 'estimate-api' }],
    },
    quiet: [
      {
        when: 'it finds out that the seller is back',
        series: { 'porchlight_upstream_breaker_open_ratio{job="estimate-api", instance="a"}': '0x3 1 0.5 0x20' },
        at: '6m',
      },
    ],
  },
  {
    name: 'PorchlightUpstreamFails',
    expr: `${sumBy(['lane'], observedPerSecond('porchlight.upstream.duration', { outcome: { notIn: ['ok'] } }, '10m'))} / ${sumBy(['lane'], observedPerSecond('porchlight.upstream.duration', {}, '10m'))} > 0.05`,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of the calls of the paid API fail ({{ $labels.lane }}).',
    fires: {
      when: 'one of five runs into its time limit',
      series: {
        'porchlight_upstream_duration_seconds_count{job="estimate-api", lane="user", outcome="SOURCE_TIMEOUT"}':
          '0+20x40',
        'porchlight_upstream_duration_seconds_count{job="estimate-api", lane="user", outcome="ok"}': '0+80x40',
      },
      at: '25m',
      labels: [{ lane: 'user' }],
    },
    quiet: [
      {
        when: 'one of a hundred does',
        series: {
          'porchlight_upstream_duration_seconds_count{job="estimate-api", lane="user", outcome="SOURCE_TIMEOUT"}':
            '0+1x40',
          'porchlight_upstream_duration_seconds_count{job="estimate-api", lane="user", outcome="ok"}': '0+99x40',
        },
        at: '25m',
      },
    ],
  },
  {
    name: 'PorchlightOverBudget',
    expr: `${rateBy('porchlight.upstream.refused', ['job'], { lane: 'user', code: 'SOURCE_OVER_BUDGET' }, '5m')} > 0`,
    for: '10m',
    severity: 'ticket',
    summary: 'The budget of paid calls is used up: {{ $labels.job }} refuses misses of people who wait.',
    fires: {
      when: 'misses of users are refused',
      series: {
        'porchlight_upstream_refused_total{job="estimate-api", lane="user", code="SOURCE_OVER_BUDGET"}': '0+5x40',
      },
      at: '20m',
      labels: [{ job: 'estimate-api' }],
    },
    quiet: [
      {
        when: 'only warm-ups are refused, which is what the budget is for',
        series: {
          'porchlight_upstream_refused_total{job="data-fetcher", lane="background", code="SOURCE_OVER_BUDGET"}':
            '0+500x40',
        },
        at: '20m',
      },
    ],
  },
  {
    name: 'PorchlightCountsAlone',
    expr: `${sumBy(['job'], `rate(${series('porchlight.upstream.draws', { from: 'local' })}[5m])`)} > 0 or ${rateBy('porchlight.estimate_api.limits.alone', ['job'], {}, '5m')} > 0`,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $labels.job }} counts budgets and rate limits by itself, because Redis does not answer.',
    fires: {
      when: 'the budget in Redis is not reached',
      series: { 'porchlight_upstream_draws_total{job="data-fetcher", from="local"}': '0+10x40' },
      at: '20m',
      labels: [{ job: 'data-fetcher' }],
    },
    quiet: [
      {
        when: 'the fleet shares one budget',
        series: { 'porchlight_upstream_draws_total{job="data-fetcher", from="fleet"}': '0+10x40' },
        at: '20m',
      },
    ],
  },
  {
    name: 'PorchlightFlagsUnread',
    expr: `${maxBy(['job'], series('porchlight.flags.read.age'))} > 60 or ${rateBy('porchlight.flags.readings', ['job'], { reading: { in: ['refused'] } }, '5m')} > 0`,
    for: '5m',
    severity: 'ticket',
    summary: '{{ $labels.job }} does not learn the feature flags: the last good ones stay in force.',
    fires: {
      when: 'Redis has not told them for minutes',
      series: { 'porchlight_flags_read_age_seconds{job="forecaster", instance="a"}': '0+60x20' },
      at: '12m',
      labels: [{ job: 'forecaster' }],
    },
    quiet: [
      {
        when: 'they are read twice a second',
        series: {
          'porchlight_flags_read_age_seconds{job="forecaster", instance="a"}': '0.4x20',
          'porchlight_flags_readings_total{job="forecaster", reading="same"}': '0+120x20',
        },
        at: '12m',
      },
    ],
  },
  {
    name: 'PorchlightEventLoopBusy',
    expr: `min_over_time(${series('nodejs.eventloop.utilization')}[10m]) > 0.95`,
    for: '5m',
    severity: 'ticket',
    summary: 'One core is not enough for {{ $labels.instance }} of {{ $labels.job }}.',
    fires: {
      when: 'it never rests',
      series: { 'nodejs_eventloop_utilization_ratio{job="estimate-api", instance="a"}': '0.99x40' },
      at: '25m',
      labels: [{ job: 'estimate-api', instance: 'a' }],
    },
    quiet: [
      {
        when: 'it rests now and then',
        series: {
          'nodejs_eventloop_utilization_ratio{job="estimate-api", instance="a"}':
            '0.99x8 0.6 0.99x8 0.7 0.99x8 0.5 0.99x9',
        },
        at: '25m',
      },
    ],
  },
];
