import { maxBy, quantileBy, rateBy, series, sumBy } from '../promql.ts';
import type { Dashboard } from './panel.ts';

const QUANTILES = [0.5, 0.95, 0.99] as const;

export const pipelineDashboard: Dashboard = {
  uid: 'porchlight-pipeline',
  title: 'Porchlight: pipeline',
  description:
    'From a viewport to its neighbours in Redis: how late each step is, what it lets through, and what it puts aside.',
  rows: [
    {
      title: 'How late',
      panels: [
        {
          title: 'From the viewport to Redis',
          description:
            'For each home that was warmed. After ten seconds a warm-up is worth nothing; half a second is usual.',
          unit: 's',
          runbook: 'PorchlightWarmupFreshnessBurnsFast',
          queries: QUANTILES.map((quantile) => ({
            expr: quantileBy(quantile, 'porchlight.data_writer.warmup.duration'),
            legend: `p${quantile * 100}`,
          })),
        },
        {
          title: 'The same less the paid call',
          description: 'What the pipeline itself takes: four topics and four apps.',
          unit: 's',
          runbook: 'PorchlightWarmupFreshnessBurnsFast',
          queries: QUANTILES.map((quantile) => ({
            expr: quantileBy(quantile, 'porchlight.data_writer.pipeline.duration'),
            legend: `p${quantile * 100}`,
          })),
        },
        {
          title: 'Age of the oldest record not done',
          description:
            'By topic. This says more than the number of records: an app that is two seconds behind with ten thousand records is healthy.',
          unit: 's',
          runbook: 'PorchlightLagAgeHigh',
          queries: [
            { expr: maxBy(['job', 'topic'], series('porchlight.stream.lag.age')), legend: '{{job}}: {{topic}}' },
          ],
        },
        {
          title: 'Records not done',
          description: 'Lag of each app, all partitions. KEDA scales by it.',
          unit: 'short',
          runbook: 'PorchlightLagGrows',
          queries: [{ expr: sumBy(['job', 'topic'], series('porchlight.stream.lag')), legend: '{{job}}: {{topic}}' }],
        },
        {
          title: 'Records in the hands of the tasks',
          description: 'Taken from Kafka and not finished.',
          unit: 'short',
          runbook: 'PorchlightLagGrows',
          queries: [{ expr: sumBy(['job'], series('porchlight.stream.inflight')), legend: '{{job}}' }],
        },
      ],
    },
    {
      title: 'How much',
      panels: [
        {
          title: 'Records taken',
          description: 'Once for each delivery.',
          unit: 'cps',
          runbook: 'PorchlightLagGrows',
          queries: [
            {
              expr: rateBy('messaging.client.consumed.messages', ['job', 'messaging.destination.name']),
              legend: '{{job}}: {{messaging_destination_name}}',
            },
          ],
        },
        {
          title: 'Records sent',
          description: 'Outputs and dead letters that Kafka acknowledged.',
          unit: 'cps',
          runbook: 'PorchlightLagGrows',
          queries: [
            {
              expr: rateBy('messaging.client.sent.messages', ['job', 'messaging.destination.name']),
              legend: '{{job}}: {{messaging_destination_name}}',
            },
          ],
        },
        {
          title: 'One record, or one batch of them',
          description: 'Time that a task takes, 99th percentile.',
          unit: 's',
          runbook: 'PorchlightLagAgeHigh',
          queries: [{ expr: quantileBy(0.99, 'messaging.process.duration', ['job']), legend: '{{job}}' }],
        },
        {
          title: 'Homes that forecasts named',
          description: 'sent goes on; cut was over the budget of the forecast.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightHitRateLow',
          queries: [
            {
              expr: rateBy('porchlight.forecaster.homes', ['outcome', 'strategy']),
              legend: '{{strategy}}: {{outcome}}',
            },
          ],
        },
        {
          title: 'What became of candidates',
          description:
            'requested has a ticket; cached and leased need none; hidden is shown to nobody, so nobody pays for it.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightHitRateLow',
          queries: [{ expr: rateBy('porchlight.request_filter.homes', ['outcome']), legend: '{{outcome}}' }],
        },
        {
          title: 'What became of requests',
          description: 'fetched was paid for; late and throttled were given up on purpose.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightUpstreamFails',
          queries: [{ expr: rateBy('porchlight.data_fetcher.homes', ['outcome']), legend: '{{outcome}}' }],
        },
      ],
    },
    {
      title: 'What goes wrong',
      panels: [
        {
          title: 'Records let go on purpose',
          description: 'late: nobody waits for it any more.',
          unit: 'cps',
          runbook: 'PorchlightLagAgeHigh',
          emptyUntil: 'a record is late, or a newer one makes it needless',
          queries: [{ expr: rateBy('porchlight.stream.dropped', ['job', 'reason']), legend: '{{job}}: {{reason}}' }],
        },
        {
          title: 'Dead letters',
          description: 'Records put aside with their error. Look at each.',
          unit: 'cps',
          runbook: 'PorchlightDeadLetters',
          emptyUntil: 'a record is parked',
          queries: [{ expr: rateBy('porchlight.stream.parked', ['job', 'code']), legend: '{{job}}: {{code}}' }],
        },
        {
          title: 'Tries again',
          description: 'A dependency is down: the record stays and is tried again.',
          unit: 'cps',
          runbook: 'PorchlightRetriesGoOn',
          emptyUntil: 'a dependency of an app is down',
          queries: [{ expr: rateBy('porchlight.stream.retried', ['job', 'code']), legend: '{{job}}: {{code}}' }],
        },
        {
          title: 'Joins of the group',
          description: 'In half an hour. Rollouts and scaling make some.',
          unit: 'short',
          runbook: 'PorchlightRebalancesOften',
          queries: [
            { expr: sumBy(['job'], `increase(${series('porchlight.stream.rebalances')}[30m])`), legend: '{{job}}' },
          ],
        },
        {
          title: 'Partitions that are read',
          description: 'Each topic should have all of its partitions, whoever holds them.',
          unit: 'short',
          runbook: 'PorchlightAppMissing',
          queries: [
            {
              expr: sumBy(['job', 'topic'], series('porchlight.stream.assigned.partitions')),
              legend: '{{job}}: {{topic}}',
            },
          ],
        },
      ],
    },
  ],
};
