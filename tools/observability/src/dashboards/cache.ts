import { maxBy, quantileBy, rateBy, series, sumBy } from '../promql.ts';
import type { Dashboard } from './panel.ts';

const items = 'porchlight.estimate_api.items';
const known = { status: { notIn: ['unknown'] } };
const hits = { in: ['hit', 'warm_hit'] };

export const cacheDashboard: Dashboard = {
  uid: 'porchlight-cache',
  title: 'Porchlight: cache',
  description:
    'How much is answered from Redis, whether what it holds may be believed, and how fast a change takes effect.',
  rows: [
    {
      title: 'Hits',
      panels: [
        {
          title: 'Homes from Redis',
          description:
            'Share of the homes that were answered from the cache; homes that do not exist are left out, and pending is a miss. With warm-up 75 % and more is usual.',
          unit: 'percentunit',
          max: 1,
          runbook: 'PorchlightHitRateLow',
          queries: [
            {
              expr: `${rateBy(items, ['route'], { ...known, source: hits })} / ${rateBy(items, ['route'], known)}`,
              legend: '{{route}}',
            },
          ],
        },
        {
          title: 'Where homes come from',
          description: 'hit: a reader filled the value; warm_hit: a warm-up did; miss: it was not there.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightHitRateLow',
          queries: [{ expr: rateBy(items, ['source'], known), legend: '{{source}}' }],
        },
        {
          title: 'What was answered',
          description:
            'Homes by status. unavailable means that nothing vouched for the value: it should be nothing at all.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightHomesUnavailable',
          queries: [{ expr: rateBy(items, ['status']), legend: '{{status}}' }],
        },
        {
          title: 'Tickets of readers',
          description: 'Answers of ACQUIRE: win fetches, wait is served by the winner, hit found the value meanwhile.',
          unit: 'cps',
          runbook: 'PorchlightHitRateLow',
          queries: [{ expr: rateBy('porchlight.estimate_api.leases', ['outcome']), legend: '{{outcome}}' }],
        },
        {
          title: 'Fills',
          description:
            'Answers of FILL to readers and to warm-ups. Those that are not ok lost against a change: that is the protocol at work.',
          unit: 'cps',
          runbook: 'PorchlightFillsUnreachable',
          queries: [
            { expr: rateBy('porchlight.estimate_api.fills', ['outcome']), legend: 'reader: {{outcome}}' },
            { expr: rateBy('porchlight.data_writer.fills', ['outcome']), legend: 'warm-up: {{outcome}}' },
          ],
        },
        {
          title: 'Values that could not be read',
          description: 'Each was a miss. During a rollout old processes meet values of new ones (newer).',
          unit: 'cps',
          runbook: 'PorchlightCacheRejected',
          emptyUntil: 'a value is met that this version cannot read',
          queries: [{ expr: rateBy('porchlight.cache.rejected', ['job', 'reason']), legend: '{{job}}: {{reason}}' }],
        },
      ],
    },
    {
      title: 'Freshness: from a change to the value unservable',
      panels: [
        {
          title: 'Age of what vouches for hits',
          description:
            'T is the time up to which every change is applied. It moves each second, so two or three seconds are usual. Above 30 s hits are checked against the database.',
          unit: 's',
          runbook: 'PorchlightFeedStale',
          queries: [
            { expr: maxBy([], series('porchlight.catalog_relay.progress.age')), legend: 'in Kafka' },
            { expr: maxBy([], series('porchlight.invalidator.watermark.age')), legend: 'applied' },
            { expr: maxBy([], series('porchlight.estimate_api.watermark.age')), legend: 'believed by readers' },
          ],
        },
        {
          title: 'Changes by what they did',
          description: 'removed: a cached value went; absent: there was none; already: a value that new was there.',
          unit: 'cps',
          kind: 'stacked',
          runbook: 'PorchlightFeedStale',
          queries: [{ expr: rateBy('porchlight.invalidator.changes', ['outcome']), legend: '{{outcome}}' }],
        },
        {
          title: 'Marks by what the bucket said',
          description:
            'Each second every bucket is marked for every partition. changed, lower and missing mean that Redis has forgotten something, unreachable that a node is away.',
          unit: 'cps',
          runbook: 'PorchlightMarksMissing',
          queries: [{ expr: rateBy('porchlight.invalidator.marks', ['outcome']), legend: '{{outcome}}' }],
        },
        {
          title: 'Buckets without a mark',
          description: 'Of 128. Their hits are believed by their own check alone; usually 0.',
          unit: 'short',
          runbook: 'PorchlightMarksMissing',
          queries: [{ expr: maxBy([], series('porchlight.estimate_api.watermark.missing')), legend: 'buckets' }],
        },
        {
          title: 'Hits checked against the database',
          description:
            'Cached homes whose facts were read again, because nothing vouched for them. A few when a Redis is new; many while the feed is late.',
          unit: 'cps',
          runbook: 'PorchlightFeedStale',
          emptyUntil: 'the change feed is late or a Redis has forgotten its marks',
          queries: [{ expr: rateBy('porchlight.estimate_api.checks', ['outcome']), legend: '{{outcome}}' }],
        },
        {
          title: 'Changes applied again',
          description: 'Redis was restarted or failed over and remembers less: the feed goes back and replays.',
          unit: 'cps',
          runbook: 'PorchlightMarksMissing',
          emptyUntil: 'a Redis has forgotten changes',
          queries: [{ expr: rateBy('porchlight.invalidator.replayed', ['topic']), legend: '{{topic}}' }],
        },
      ],
    },
    {
      title: 'Is it true?',
      panels: [
        {
          title: 'Looks of the sampler',
          description:
            'Homes whose change was applied that long ago, Redis against the primary. inconsistent should not be there.',
          unit: 'cps',
          runbook: 'PorchlightCacheDiffers',
          queries: [
            { expr: rateBy('porchlight.invalidator.sampled', ['age', 'outcome']), legend: '{{age}}: {{outcome}}' },
          ],
        },
        {
          title: 'Values that were wrong',
          description: 'below_fence is an alarm by itself: something brought back what a change had removed.',
          unit: 'cps',
          runbook: 'PorchlightValueBelowFence',
          emptyUntil: 'the sampler finds a cached value that is wrong',
          queries: [{ expr: rateBy('porchlight.invalidator.inconsistent', ['kind']), legend: '{{kind}}' }],
        },
        {
          title: 'Shadow comparison',
          description:
            'Hits compared with the primary after their answer (SHADOW_PERCENT): all should be same or settled.',
          unit: 'cps',
          runbook: 'PorchlightCacheDiffers',
          emptyUntil: 'SHADOW_PERCENT of estimate-api is above 0',
          queries: [{ expr: rateBy('porchlight.estimate_api.shadowed', ['outcome']), legend: '{{outcome}}' }],
        },
      ],
    },
    {
      title: 'The outbox and its relay',
      panels: [
        {
          title: 'Rows that wait',
          description:
            'Rows of the outbox at the last round: a bulk change is a hill, not a slope. Buried rows stop the feed.',
          unit: 'short',
          runbook: 'PorchlightOutboxGrows',
          queries: [
            { expr: maxBy([], series('porchlight.catalog_relay.outbox.rows')), legend: 'waiting' },
            { expr: maxBy([], series('porchlight.catalog_relay.buried.rows')), legend: 'buried' },
          ],
        },
        {
          title: 'One round of the relay',
          description: 'Snapshot, publish, delete, write T. Tens of milliseconds are usual.',
          unit: 's',
          runbook: 'PorchlightOutboxGrows',
          queries: [0.5, 0.99].map((quantile) => ({
            expr: quantileBy(quantile, 'porchlight.catalog_relay.round.duration'),
            legend: `p${quantile * 100}`,
          })),
        },
        {
          title: 'Relays that lead',
          description: 'Exactly one holds the advisory lock.',
          unit: 'short',
          runbook: 'PorchlightNoLeadingRelay',
          queries: [{ expr: sumBy([], series('porchlight.catalog_relay.active')), legend: 'leading' }],
        },
      ],
    },
  ],
};
