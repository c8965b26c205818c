import { appeared, maxBy, rateBy, series, sumBy } from '../promql.ts';
import type { Alert } from './alert.ts';

/** FEED_STALE_MS and FEED_DOWN_MS of estimate-api: from then on hits are checked, and are not given any more. */
const FEED_STALE_SECONDS = 30;
const FEED_DOWN_SECONDS = 120;

const watermarkAge = maxBy([], series('porchlight.estimate_api.watermark.age'));
const inconsistent = 'porchlight_invalidator_inconsistent_total';

/** What may show somebody a value that he must not see, or makes the cache useless. */
export const cacheAlerts: readonly Alert[] = [
  {
    name: 'PorchlightValueBelowFence',
    expr: appeared('porchlight.invalidator.inconsistent', ['age', 'kind'], { kind: 'below_fence' }, '15m'),
    keepFiringFor: '1h',
    severity: 'page',
    summary:
      'The cache holds a value older than a change that was applied {{ $labels.age }} before: it may be hidden from its viewers.',
    fires: {
      when: 'the very first one',
      series: { [`${inconsistent}{job="invalidator", age="10s", kind="below_fence"}`]: '_x20 1x10' },
      at: '22m',
      labels: [{ age: '10s', kind: 'below_fence' }],
    },
    quiet: [
      {
        when: 'a value is behind the primary while the feed is late',
        series: { [`${inconsistent}{job="invalidator", age="10s", kind="behind"}`]: '0+1x30' },
        at: '25m',
      },
      {
        when: 'one was found long ago',
        series: { [`${inconsistent}{job="invalidator", age="10s", kind="below_fence"}`]: '3x120' },
        at: '100m',
      },
    ],
  },
  {
    name: 'PorchlightCacheDiffers',
    expr: appeared(
      'porchlight.invalidator.inconsistent',
      ['kind'],
      { kind: { in: ['differs', 'ahead', 'unknown_home'] } },
      '30m',
    ),
    keepFiringFor: '30m',
    severity: 'ticket',
    summary: 'Cached values are not what the primary says ({{ $labels.kind }}).',
    fires: {
      when: 'a second one in half an hour',
      series: { [`${inconsistent}{job="invalidator", age="1m", kind="ahead"}`]: '1x60 2x20' },
      at: '65m',
      labels: [{ kind: 'ahead' }],
    },
    quiet: [
      {
        when: 'values are only behind',
        series: { [`${inconsistent}{job="invalidator", age="1m", kind="behind"}`]: '0+1x80' },
        at: '65m',
      },
    ],
  },
  {
    name: 'PorchlightFeedStale',
    expr: `${watermarkAge} > ${FEED_STALE_SECONDS}`,
    for: '2m',
    keepFiringFor: '5m',
    severity: 'page',
    summary:
      'The oldest mark of the change feed is {{ $value | humanizeDuration }} old: every cache hit is checked against the database.',
    fires: {
      when: 'T stands still',
      series: { 'porchlight_estimate_api_watermark_age_seconds{job="estimate-api", instance="a"}': '1x4 61+60x10' },
      at: '8m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'marks are two seconds old, as always',
        series: { 'porchlight_estimate_api_watermark_age_seconds{job="estimate-api", instance="a"}': '2x30' },
        at: '20m',
      },
      {
        when: 'it was late for a minute',
        series: { 'porchlight_estimate_api_watermark_age_seconds{job="estimate-api", instance="a"}': '2x5 40 2x20' },
        at: '7m',
      },
    ],
  },
  {
    name: 'PorchlightFeedDown',
    expr: `${watermarkAge} > ${FEED_DOWN_SECONDS} and on () ${sumBy(
      [],
      `rate(${series('porchlight.estimate_api.items', { status: 'unavailable' })}[5m])`,
    )} > 0`,
    for: '1m',
    keepFiringFor: '5m',
    severity: 'page',
    summary:
      'The change feed has stood for {{ $value | humanizeDuration }} and the database does not answer for it: homes are answered as unavailable.',
    fires: {
      when: 'T stands still and homes are unavailable',
      series: {
        'porchlight_estimate_api_watermark_age_seconds{job="estimate-api", instance="a"}': '0+60x15',
        'porchlight_estimate_api_items_total{job="estimate-api", status="unavailable", source="miss"}': '0+100x15',
      },
      at: '10m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'the database answers instead',
        series: {
          'porchlight_estimate_api_watermark_age_seconds{job="estimate-api", instance="a"}': '0+60x15',
          'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="hit"}': '0+100x15',
        },
        at: '10m',
      },
    ],
  },
  {
    name: 'PorchlightMarksMissing',
    expr: `${maxBy([], series('porchlight.estimate_api.watermark.missing'))} > 0`,
    for: '5m',
    severity: 'ticket',
    summary:
      '{{ $value }} of the 128 buckets of Redis have no mark that is believed: their hits are checked against the database.',
    fires: {
      when: 'one shard has lost its memory and nobody marks it',
      series: { 'porchlight_estimate_api_watermark_missing{job="estimate-api", instance="a"}': '0x3 43x20' },
      at: '12m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'a Redis that was restarted is marked again',
        series: { 'porchlight_estimate_api_watermark_missing{job="estimate-api", instance="a"}': '0x3 128x2 0x20' },
        at: '6m',
      },
    ],
  },
  {
    name: 'PorchlightHitRateLow',
    expr: `porchlight:items_hit:ratio_rate30m < 0.5 and on () ${rateBy('porchlight.estimate_api.items', [], {}, '30m')} > 10`,
    for: '30m',
    keepFiringFor: '15m',
    severity: 'ticket',
    summary: 'Only {{ $value | humanizePercentage }} of the homes are answered from Redis.',
    fires: {
      when: 'seven of ten homes miss',
      series: {
        'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="miss"}': '0+1400x120',
        'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="hit"}': '0+600x120',
      },
      at: '90m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'eight of ten hit, half of them thanks to a warm-up',
        series: {
          'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="miss"}': '0+400x120',
          'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="hit"}': '0+800x120',
          'porchlight_estimate_api_items_total{job="estimate-api", status="none", source="warm_hit"}': '0+800x120',
        },
        at: '90m',
      },
      {
        when: 'hardly anybody asks',
        series: {
          'porchlight_estimate_api_items_total{job="estimate-api", status="available", source="miss"}': '0+10x120',
        },
        at: '90m',
      },
    ],
  },
  {
    name: 'PorchlightCacheRejected',
    expr: `${rateBy('porchlight.cache.rejected', ['job', 'reason'], {}, '10m')} > 0`,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $labels.job }} cannot read cached values ({{ $labels.reason }}); each is a miss.',
    fires: {
      when: 'an old process meets values of a newer one',
      series: { 'porchlight_cache_rejected_total{job="estimate-api", reason="newer"}': '0+60x40' },
      at: '25m',
      labels: [{ job: 'estimate-api', reason: 'newer' }],
    },
    quiet: [
      {
        when: 'none came for an hour',
        series: { 'porchlight_cache_rejected_total{job="estimate-api", reason="newer"}': '7x80' },
        at: '70m',
      },
    ],
  },
  {
    name: 'PorchlightOutboxBuried',
    expr: `${maxBy([], series('porchlight.catalog_relay.buried.rows'))} > 0`,
    for: '1m',
    severity: 'page',
    summary: '{{ $value }} outbox rows cannot be made into records: the change feed stands until they are mended.',
    fires: {
      when: 'a row was buried',
      series: { 'porchlight_catalog_relay_buried_rows{job="catalog-relay", instance="a"}': '0x3 1x10' },
      at: '6m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'rows wait, none is buried',
        series: {
          'porchlight_catalog_relay_buried_rows{job="catalog-relay", instance="a"}': '0x20',
          'porchlight_catalog_relay_outbox_rows{job="catalog-relay", instance="a"}': '900x20',
        },
        at: '10m',
      },
    ],
  },
  {
    name: 'PorchlightOutboxGrows',
    expr: `${maxBy([], series('porchlight.catalog_relay.outbox.rows'))} > 10000`,
    for: '5m',
    severity: 'ticket',
    summary: '{{ $value }} changes wait in the outbox.',
    fires: {
      when: 'Kafka takes none',
      series: { 'porchlight_catalog_relay_outbox_rows{job="catalog-relay", instance="a"}': '0+4000x20' },
      at: '12m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'a bulk change is worked off within minutes',
        series: {
          'porchlight_catalog_relay_outbox_rows{job="catalog-relay", instance="a"}': '0 50000 30000 9000 0x20',
        },
        at: '5m',
      },
    ],
  },
  {
    name: 'PorchlightNoLeadingRelay',
    expr: `(${sumBy([], series('porchlight.catalog_relay.active'))} or vector(0)) != 1`,
    for: '2m',
    severity: 'page',
    summary: '{{ $value }} relays say that they lead; there must be one, or no change reaches the cache.',
    fires: {
      when: 'all stand by',
      series: {
        'porchlight_catalog_relay_active{job="catalog-relay", instance="a"}': '1x3 0x10',
        'porchlight_catalog_relay_active{job="catalog-relay", instance="b"}': '0x20',
      },
      at: '8m',
      labels: [{}],
    },
    quiet: [
      {
        when: 'one leads and one stands by',
        series: {
          'porchlight_catalog_relay_active{job="catalog-relay", instance="a"}': '1x20',
          'porchlight_catalog_relay_active{job="catalog-relay", instance="b"}': '0x20',
        },
        at: '10m',
      },
    ],
  },
];
