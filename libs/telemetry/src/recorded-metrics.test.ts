import { expect, test } from '@jest/globals';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { metricNames, type MetricSpec } from './metric-names.ts';
import { recordedCounter, recordedHistogram } from './recorded-metrics.ts';
import { prometheusTextOf } from './prometheus-text.ts';

class AskedReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** What OpenTelemetry's own SDK makes of the same. */
function sdk() {
  const reader = new AskedReader({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  return {
    meter,
    async text() {
      const { resourceMetrics } = await reader.collect();
      return prometheusTextOf(resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics));
    },
  };
}

const optionsOf = (name: keyof typeof metricNames, spec: MetricSpec = metricNames[name]) => ({
  name,
  spec,
  seriesMax: 500,
  now: () => 1_764_000_000_123,
});

const told: readonly (readonly [number, Record<string, string>?])[] = [
  [0, { route: 'single' }],
  [0.0005, { route: 'single' }],
  [0.00051, { route: 'single' }],
  [1.5, { route: 'batch', 'cache.read': 'off' }],
  [99, { 'cache.read': 'off', route: 'batch' }],
  [Number.NaN, { route: 'nan' }],
  [Number.POSITIVE_INFINITY, { route: 'infinite' }],
  [-1, { route: 'below' }],
  [3],
];

test('a histogram says what OpenTelemetry’s would, at the bounds too, and of what is no number', async () => {
  const name = 'porchlight.estimate_api.answer.duration';
  const ours = recordedHistogram(optionsOf(name));
  const { description, unit, buckets } = metricNames[name];
  const other = sdk();
  const theirs = other.meter.createHistogram(name, {
    description,
    unit,
    advice: { explicitBucketBoundaries: [...buckets] },
  });
  for (const [value, attributes] of told) {
    ours.record(value, attributes);
    if (Number.isFinite(value)) theirs.record(value, attributes); // OpenTelemetry shows a series of nothing for the others
  }
  const text = prometheusTextOf([ours.read()]);
  expect(text).toBe(await other.text());
  expect(text).toContain('_bucket{route="single",le="0.0005"} 2');
});

test('a counter says what OpenTelemetry’s would', async () => {
  const name = 'porchlight.estimate_api.requests';
  const ours = recordedCounter(optionsOf(name));
  const { description, unit } = metricNames[name];
  const other = sdk();
  const theirs = other.meter.createCounter(name, { description, unit });
  for (const [value, attributes] of told) {
    ours.record(value, attributes);
    if (Number.isFinite(value)) theirs.add(value, attributes); // OpenTelemetry's sum would be no number ever after
  }
  expect(prometheusTextOf([ours.read()])).toBe(await other.text());
});

test('what was read is not changed by what is told afterwards', () => {
  const histogram = recordedHistogram(optionsOf('porchlight.estimate_api.answer.duration'));
  histogram.record(0.001, { route: 'single' });
  const before = histogram.read();
  const text = prometheusTextOf([before]);
  histogram.record(0.001, { route: 'single' });
  expect(prometheusTextOf([before])).toBe(text);
});

test('a histogram without buckets is refused', () => {
  const { buckets: _, ...spec } = metricNames['porchlight.estimate_api.answer.duration'];
  expect(() => recordedHistogram(optionsOf('porchlight.estimate_api.answer.duration', spec))).toThrow('has no buckets');
});
