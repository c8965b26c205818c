import { maxBy, observedPerSecond, quantileBy, rateBy, series, sumBy } from '../promql.ts';
import type { Dashboard } from './panel.ts';

const items = 'porchlight.estimate_api.items';
const known = { status: { notIn: ['unknown'] } };
const fromRedis = { ...known, source: { in: ['hit', 'warm_hit'] } };
const HOMES_SHOWN = 1_000;
const billed = sumBy([], observedPerSecond('porchlight.upstream.duration'));

/** The same question for the sessions of one flag: those with it beside those without. */
const hitsBy = (flag: 'cache.read' | 'cache.warmup' | 'forecast.strategy') =>
  `${rateBy(items, [flag], fromRedis)} / ${rateBy(items, [flag], known)}`;
const mapBy = (flag: 'cache.read' | 'cache.warmup' | 'forecast.strategy', quantile: number) =>
  quantileBy(quantile, 'porchlight.estimate_api.answer.duration', [flag], { route: 'map' });

export const valueDashboard: Dashboard = {
  uid: 'porchlight-value',
  title: 'Porchlight: cost and value',
  description:
    'What the cache and the warm-up save, what they cost, and the cohorts of a feature flag beside each other: before and after on one plot. A flag that nobody has spoken of is not a label: its cohort has no name.',
  rows: [
    {
      title: 'What is paid',
      panels: [
        {
          title: 'Paid calls for a thousand homes shown',
          description:
            'All calls of the paid API over all homes answered. With no cache it is 1,000 for single gets and 10 for full batches.',
          unit: 'short',
          runbook: 'PorchlightOverBudget',
          queries: [{ expr: `${HOMES_SHOWN} * ${billed} / ${rateBy(items, [], known)}`, legend: 'calls' }],
        },
        {
          title: 'Who pays',
          description: 'Share of the calls that warm-ups and refreshes make.',
          unit: 'percentunit',
          max: 1,
          runbook: 'PorchlightOverBudget',
          queries: [
            {
              expr: `${sumBy(['lane'], observedPerSecond('porchlight.upstream.duration'))} / on () group_left () ${billed}`,
              legend: '{{lane}}',
            },
          ],
        },
        {
          title: 'Homes bought ahead, homes used',
          description:
            'fetched: homes that warm-ups paid for; used: homes that people then saw out of a warm-up. A home that is seen twice is used twice.',
          unit: 'cps',
          runbook: 'PorchlightHitRateLow',
          queries: [
            { expr: rateBy('porchlight.data_fetcher.homes', [], { outcome: 'fetched' }), legend: 'fetched' },
            { expr: rateBy(items, [], { source: 'warm_hit' }), legend: 'used' },
          ],
        },
        {
          title: 'Uses of a home bought ahead',
          description:
            'Below 1 a warm-up is bought more often than it is seen. HOMES_PER_FORECAST_MAX moves the price.',
          unit: 'short',
          runbook: 'PorchlightHitRateLow',
          queries: [
            {
              expr: `${rateBy(items, [], { source: 'warm_hit' })} / ${rateBy('porchlight.data_fetcher.homes', [], { outcome: 'fetched' })}`,
              legend: 'uses',
            },
          ],
        },
        {
          title: 'Not bought a second time',
          description:
            'Candidates that were in Redis, under way, or hidden from everybody: each would have been paid for.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightOverBudget',
          queries: [
            {
              expr: rateBy('porchlight.request_filter.homes', ['outcome'], { outcome: { notIn: ['requested'] } }),
              legend: '{{outcome}}',
            },
          ],
        },
        {
          title: 'Homes thanks to a warm-up',
          description: 'Share of the homes that were there because a warm-up brought them.',
          unit: 'percentunit',
          max: 1,
          runbook: 'PorchlightHitRateLow',
          queries: [
            {
              expr: `${rateBy(items, ['route'], { ...known, source: 'warm_hit' })} / ${rateBy(items, ['route'], known)}`,
              legend: '{{route}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Warm-up: sessions with it beside sessions without (cache.warmup)',
      panels: [
        {
          title: 'Homes from Redis, by cache.warmup',
          description: 'The difference is what the warm-up brings.',
          unit: 'percentunit',
          max: 1,
          runbook: 'PorchlightHitRateLow',
          queries: [{ expr: hitsBy('cache.warmup'), legend: 'warm-up {{cache_warmup}}' }],
        },
        {
          title: 'The map, by cache.warmup',
          description: 'Median and 90th percentile of an answer.',
          unit: 's',
          runbook: 'PorchlightLatencyBurnsFast',
          queries: [0.5, 0.9].map((quantile) => ({
            expr: mapBy('cache.warmup', quantile),
            legend: `warm-up {{cache_warmup}} p${quantile * 100}`,
          })),
        },
        {
          title: 'Pending homes, by cache.warmup',
          description: 'Share of the homes that a viewer had to ask for again.',
          unit: 'percentunit',
          max: 1,
          runbook: 'PorchlightUpstreamFails',
          queries: [
            {
              expr: `${rateBy('porchlight.estimate_api.pending', ['cache.warmup'])} / ${rateBy(items, ['cache.warmup'], known)}`,
              legend: 'warm-up {{cache_warmup}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Cache: sessions that read it beside sessions that do not (cache.read)',
      panels: [
        {
          title: 'The map, by cache.read',
          description: 'Median and 90th percentile of an answer.',
          unit: 's',
          runbook: 'PorchlightLatencyBurnsFast',
          queries: [0.5, 0.9].map((quantile) => ({
            expr: mapBy('cache.read', quantile),
            legend: `cache {{cache_read}} p${quantile * 100}`,
          })),
        },
        {
          title: 'Homes answered, by cache.read',
          description: 'How large the cohorts are: compare nothing that is too small.',
          unit: 'cps',
          runbook: 'PorchlightHitRateLow',
          queries: [{ expr: rateBy(items, ['cache.read'], known), legend: 'cache {{cache_read}}' }],
        },
        {
          title: 'Calls by lane',
          description: 'bypass: sessions without the cache, paid out of the same budget.',
          unit: 'cps',
          runbook: 'PorchlightOverBudget',
          queries: [{ expr: rateBy('porchlight.estimate_api.upstream.calls', ['lane']), legend: '{{lane}}' }],
        },
      ],
    },
    {
      title: 'Forecast strategies beside one another (forecast.strategy)',
      panels: [
        {
          title: 'Homes from Redis, by forecast.strategy',
          description: 'Which way of guessing is right most often.',
          unit: 'percentunit',
          max: 1,
          runbook: 'PorchlightHitRateLow',
          queries: [{ expr: hitsBy('forecast.strategy'), legend: 'strategy {{forecast_strategy}}' }],
        },
        {
          title: 'Homes that each strategy names',
          description: 'What it costs to be right.',
          unit: 'cps',
          runbook: 'PorchlightHitRateLow',
          queries: [
            { expr: rateBy('porchlight.forecaster.homes', ['strategy'], { outcome: 'sent' }), legend: '{{strategy}}' },
          ],
        },
        {
          title: 'Flags in force',
          description: 'Version that each app knows: all the same within two seconds of a change.',
          unit: 'short',
          runbook: 'PorchlightFlagsUnread',
          queries: [
            { expr: maxBy(['job', 'origin'], series('porchlight.flags.version')), legend: '{{job}}: {{origin}}' },
          ],
        },
      ],
    },
  ],
};
