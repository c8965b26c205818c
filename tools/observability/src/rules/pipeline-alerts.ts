import { topics } from '@porchlight/contracts';
import { appeared, jobs, maxBy, rateBy, series, sumBy, type Job } from '../promql.ts';
import type { Alert } from './alert.ts';

const lagByTopic = sumBy(['job', 'topic'], series('porchlight.stream.lag'));

const missing = (job: Job): Alert => ({
  name: 'PorchlightAppMissing',
  expr: `absent(up{job="${job}"} == 1)`,
  for: '3m',
  severity: 'page',
  // `absent` of a comparison knows no labels.
  labels: { job },
  summary: 'No process of {{ $labels.job }} answers.',
  fires: {
    when: `every ${job} is gone`,
    series: Object.fromEntries(
      jobs.map((each) => [`up{job="${each}", instance="a"}`, each === job ? '1x3 0x20' : '1x30']),
    ),
    at: '10m',
    labels: [{ job }],
  },
  quiet: [
    {
      when: `one of two of ${job} is gone`,
      series: {
        ...Object.fromEntries(jobs.map((each) => [`up{job="${each}", instance="a"}`, '1x30'])),
        [`up{job="${job}", instance="b"}`]: '0x30',
      },
      at: '10m',
    },
  ],
});

/** What the stream apps have in common. */
export const pipelineAlerts: readonly Alert[] = [
  ...jobs.map(missing),
  {
    name: 'PorchlightLagAgeHigh',
    expr: `${maxBy(['job', 'topic'], series('porchlight.stream.lag.age'))} > 30`,
    for: '5m',
    keepFiringFor: '10m',
    severity: 'ticket',
    summary:
      'The oldest record of {{ $labels.topic }} that {{ $labels.job }} has not done is {{ $value | humanizeDuration }} old.',
    fires: {
      when: 'one partition of many stands still',
      series: {
        [`porchlight_stream_lag_age_seconds{job="data-fetcher", topic="${topics.warmupRequests.name}", partition="0"}`]:
          '0x30',
        [`porchlight_stream_lag_age_seconds{job="data-fetcher", topic="${topics.warmupRequests.name}", partition="1"}`]:
          '0+60x30',
      },
      at: '10m',
      labels: [{ job: 'data-fetcher', topic: topics.warmupRequests.name }],
    },
    quiet: [
      {
        when: 'ten thousand records wait two seconds',
        series: {
          [`porchlight_stream_lag_age_seconds{job="data-fetcher", topic="${topics.warmupRequests.name}", partition="0"}`]:
            '2x30',
          [`porchlight_stream_lag{job="data-fetcher", topic="${topics.warmupRequests.name}", partition="0"}`]:
            '10000x30',
        },
        at: '20m',
      },
    ],
  },
  {
    name: 'PorchlightLagGrows',
    // Growth of the smallest of each five minutes: a saw tooth does not grow.
    expr: `delta(porchlight:stream_lag:min5m[10m]) > 0 and porchlight:stream_lag:min5m > 1000`,
    for: '20m',
    keepFiringFor: '10m',
    severity: 'ticket',
    summary: '{{ $labels.job }} does not keep up with {{ $labels.topic }}: its lag only grows.',
    fires: {
      when: 'more comes than is done',
      series: {
        [`porchlight_stream_lag{job="forecaster", topic="${topics.viewportViewed.name}", partition="0"}`]: '0+500x60',
      },
      at: '55m',
      labels: [{ job: 'forecaster', topic: topics.viewportViewed.name }],
    },
    quiet: [
      {
        when: 'a peak is worked off',
        series: {
          [`porchlight_stream_lag{job="forecaster", topic="${topics.viewportViewed.name}", partition="0"}`]:
            '0+5000x10 50000-2000x25 0x30',
        },
        at: '30m',
      },
      {
        when: 'lag is high and steady',
        series: {
          [`porchlight_stream_lag{job="forecaster", topic="${topics.viewportViewed.name}", partition="0"}`]: '20000x60',
        },
        at: '55m',
      },
    ],
  },
  {
    name: 'PorchlightDeadLetters',
    expr: appeared('porchlight.stream.parked', ['job', 'topic', 'code'], {}, '15m'),
    keepFiringFor: '30m',
    severity: 'ticket',
    summary: '{{ $labels.job }} put records of {{ $labels.topic }} aside: {{ $labels.code }}.',
    fires: {
      when: 'the very first one',
      series: {
        [`porchlight_stream_parked_total{job="invalidator", topic="${topics.estimateUpdated.name}", code="NOT_AVRO"}`]:
          '_x20 1x10',
      },
      at: '23m',
      labels: [{ job: 'invalidator', topic: topics.estimateUpdated.name, code: 'NOT_AVRO' }],
    },
    quiet: [
      {
        when: 'the last one was hours ago',
        series: {
          [`porchlight_stream_parked_total{job="invalidator", topic="${topics.estimateUpdated.name}", code="NOT_AVRO"}`]:
            '4x300',
        },
        at: '200m',
      },
    ],
  },
  {
    name: 'PorchlightRetriesGoOn',
    expr: `${rateBy('porchlight.stream.retried', ['job', 'code'], {}, '5m')} > 0`,
    for: '10m',
    keepFiringFor: '5m',
    severity: 'ticket',
    summary: '{{ $labels.job }} waits for something that is down: {{ $labels.code }}.',
    fires: {
      when: 'Redis is away for a quarter of an hour',
      series: {
        [`porchlight_stream_retried_total{job="data-writer", topic="${topics.warmupEstimates.name}", code="CACHE_UNREACHABLE"}`]:
          '0+20x30',
      },
      at: '18m',
      labels: [{ job: 'data-writer', code: 'CACHE_UNREACHABLE' }],
    },
    quiet: [
      {
        when: 'one short outage',
        series: {
          [`porchlight_stream_retried_total{job="data-writer", topic="${topics.warmupEstimates.name}", code="CACHE_UNREACHABLE"}`]:
            '0x5 20 20x30',
        },
        at: '14m',
      },
    ],
  },
  {
    name: 'PorchlightRebalancesOften',
    expr: `${sumBy(['job'], `increase(${series('porchlight.stream.rebalances')}[30m])`)} > 12`,
    for: '5m',
    severity: 'ticket',
    summary: 'The group of {{ $labels.job }} was formed {{ $value | humanize }} times in half an hour.',
    fires: {
      when: 'a member is thrown out every minute',
      series: { 'porchlight_stream_rebalances_total{job="forecaster", instance="a"}': '0+1x60' },
      at: '45m',
      labels: [{ job: 'forecaster' }],
    },
    quiet: [
      {
        when: 'a rollout replaced three processes',
        series: { 'porchlight_stream_rebalances_total{job="forecaster", instance="a"}': '1x10 2 3 4x50' },
        at: '30m',
      },
    ],
  },
  {
    name: 'PorchlightFillsUnreachable',
    expr: `${rateBy('porchlight.data_writer.fills', [], { outcome: 'unreachable' }, '5m')} / ${rateBy('porchlight.data_writer.fills', [], {}, '5m')} > 0.05`,
    for: '5m',
    severity: 'ticket',
    summary:
      '{{ $value | humanizePercentage }} of the warm-ups that were paid for are not written, because Redis does not answer.',
    fires: {
      when: 'one of three shards is away',
      series: {
        'porchlight_data_writer_fills_total{job="data-writer", outcome="unreachable"}': '0+100x20',
        'porchlight_data_writer_fills_total{job="data-writer", outcome="ok"}': '0+200x20',
      },
      at: '12m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'fills are refused because the home changed meanwhile',
        series: {
          'porchlight_data_writer_fills_total{job="data-writer", outcome="epoch"}': '0+100x20',
          'porchlight_data_writer_fills_total{job="data-writer", outcome="ok"}': '0+200x20',
        },
        at: '12m',
      },
    ],
  },
];
export const lagMinimum = {
  record: 'porchlight:stream_lag:min5m',
  expr: `min_over_time((${lagByTopic})[5m:1m])`,
} as const;
