import { maxBy, observedPerSecond, quantileBy, rateBy, series, sumBy } from '../promql.ts';
import type { Dashboard } from './panel.ts';

export const serviceDashboard: Dashboard = {
  uid: 'porchlight-estimates',
  title: 'Porchlight: estimate service',
  description: 'What the service answers about homes, and how it fares with the paid API behind it.',
  rows: [
    {
      title: 'Homes',
      panels: [
        {
          title: 'Homes answered',
          description: 'By the call that asked.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightHomesUnavailable',
          queries: [{ expr: rateBy('porchlight.estimate_api.items', ['route']), legend: '{{route}}' }],
        },
        {
          title: 'Answered as pending',
          description: 'Their fetch went on after the deadline of the call; the next call finds them.',
          unit: 'cps',
          runbook: 'PorchlightUpstreamFails',
          queries: [{ expr: rateBy('porchlight.estimate_api.pending', ['route']), legend: '{{route}}' }],
        },
        {
          title: 'Values not shown',
          description: 'Homes whose value the viewer may not see. A step means that a rule changed.',
          unit: 'cps',
          runbook: 'PorchlightHomesDoubted',
          queries: [{ expr: rateBy('porchlight.estimate_api.restricted', []), legend: 'restricted and withheld' }],
        },
        {
          title: 'Values in doubt',
          description:
            'Withheld from everybody, because the MLS, the status or the level is not known to this version.',
          unit: 'cps',
          runbook: 'PorchlightHomesDoubted',
          emptyUntil: 'something about a home is not understood',
          queries: [{ expr: rateBy('porchlight.estimate_api.doubts', ['doubt']), legend: '{{doubt}}' }],
        },
      ],
    },
    {
      title: 'The paid API',
      panels: [
        {
          title: 'Calls of readers, by lane',
          description:
            'sync: somebody waits; trickle: a value is refreshed before it ends; bypass: sessions without the cache.',
          unit: 'cps',
          runbook: 'PorchlightUpstreamFails',
          queries: [
            {
              expr: rateBy('porchlight.estimate_api.upstream.calls', ['lane', 'outcome']),
              legend: '{{lane}}: {{outcome}}',
            },
          ],
        },
        {
          title: 'Calls of everybody',
          description: 'By app and lane: user is for people who wait, background for warm-ups and refreshes.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightUpstreamFails',
          queries: [
            {
              expr: sumBy(['job', 'lane'], observedPerSecond('porchlight.upstream.duration')),
              legend: '{{job}}: {{lane}}',
            },
          ],
        },
        {
          title: 'How long they take',
          description: 'Retries included.',
          unit: 's',
          runbook: 'PorchlightUpstreamFails',
          queries: [0.5, 0.99].map((quantile) => ({
            expr: quantileBy(quantile, 'porchlight.upstream.duration', ['lane']),
            legend: `{{lane}} p${quantile * 100}`,
          })),
        },
        {
          title: 'Under way and waiting',
          description: 'Callers wait when as many calls are under way as may be.',
          unit: 'short',
          runbook: 'PorchlightUpstreamFails',
          queries: [
            { expr: sumBy(['job'], series('porchlight.upstream.in_flight')), legend: '{{job}}: under way' },
            { expr: sumBy(['job'], series('porchlight.upstream.waiting')), legend: '{{job}}: waiting' },
          ],
        },
        {
          title: 'Circuit breaker',
          description: '0 closed, 0.5 one call finds out, 1 open: nothing is asked.',
          unit: 'short',
          max: 1,
          runbook: 'PorchlightUpstreamBroken',
          queries: [{ expr: maxBy(['job'], series('porchlight.upstream.breaker.open')), legend: '{{job}}' }],
        },
        {
          title: 'Asked to pause',
          description: 'How long the seller is left alone, because it said so.',
          unit: 's',
          runbook: 'PorchlightUpstreamBroken',
          queries: [
            { expr: maxBy(['job', 'lane'], series('porchlight.upstream.pause.left')), legend: '{{job}}: {{lane}}' },
          ],
        },
        {
          title: 'Calls that were not made',
          description: 'Paused, broken, or over the budget. Warm-ups are refused first.',
          unit: 'cps',
          runbook: 'PorchlightOverBudget',
          emptyUntil: 'the budget is used up or the paid API is left alone',
          queries: [
            {
              expr: rateBy('porchlight.upstream.refused', ['job', 'lane', 'code']),
              legend: '{{job}}: {{lane}} {{code}}',
            },
          ],
        },
        {
          title: 'Second calls',
          description: 'Made because an answer was late; all but the refused are billed.',
          unit: 'cps',
          runbook: 'PorchlightUpstreamFails',
          emptyUntil: 'a call of a reader takes longer than usual',
          queries: [{ expr: rateBy('porchlight.upstream.hedges', ['outcome']), legend: '{{outcome}}' }],
        },
        {
          title: 'Calls that failed, and were they repeated?',
          description: 'no-use: it would be the same again, or paid twice; no-time and no-budget say themselves.',
          unit: 'cps',
          runbook: 'PorchlightUpstreamFails',
          emptyUntil: 'a call of the paid API fails',
          queries: [{ expr: rateBy('porchlight.upstream.retries', ['verdict']), legend: '{{verdict}}' }],
        },
        {
          title: 'Draws from the budget',
          description:
            'fleet: all processes share one budget in Redis; local: Redis does not answer, each keeps to its share.',
          unit: 'cps',
          runbook: 'PorchlightCountsAlone',
          queries: [{ expr: rateBy('porchlight.upstream.draws', ['job', 'from']), legend: '{{job}}: {{from}}' }],
        },
      ],
    },
  ],
};
