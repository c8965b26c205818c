import { describe, expect, test } from '@jest/globals';
import { appeared, quantileBy, rateBy, series, upToPerSecond } from './promql.ts';

describe('PromQL over the list of metrics', () => {
  test('spells metrics, labels and matchers as Prometheus has them', () => {
    expect(series('porchlight.stream.lag', { topic: 'a.b', job: { in: ['x.y', 'z'] } })).toBe(
      'porchlight_stream_lag{topic="a.b", job=~"x\\\\.y|z"}',
    );
    expect(rateBy('porchlight.estimate_api.items', ['cache.warmup'], { status: { notIn: ['unknown'] } }, '5m')).toBe(
      'sum by (cache_warmup) (rate(porchlight_estimate_api_items_total{status!~"unknown"}[5m]))',
    );
    expect(quantileBy(0.9, 'porchlight.upstream.duration', ['lane'], {}, '1m')).toBe(
      'histogram_quantile(0.9, sum by (le, lane) (rate(porchlight_upstream_duration_seconds_bucket[1m])))',
    );
  });

  test('a whole bound is found as Prometheus 2 and as Prometheus 3 write it', () => {
    expect(upToPerSecond('porchlight.upstream.duration', 0.25, {}, '5m')).toBe(
      'rate(porchlight_upstream_duration_seconds_bucket{le="0.25"}[5m])',
    );
    expect(upToPerSecond('porchlight.upstream.duration', 1, {}, '5m')).toBe(
      'rate(porchlight_upstream_duration_seconds_bucket{le=~"1(\\\\.0)?"}[5m])',
    );
  });

  test('a bound that no bucket has is refused', () => {
    expect(() => upToPerSecond('porchlight.upstream.duration', 0.3)).toThrow(
      'porchlight.upstream.duration has no bucket up to 0.3',
    );
  });

  test('what comes up for the first time is looked for as well as what comes up again', () => {
    expect(appeared('porchlight.stream.parked', ['code'], {}, '15m')).toBe(
      'sum by (code) (increase(porchlight_stream_parked_total[15m])) > 0 or ' +
        'sum by (code) (porchlight_stream_parked_total unless porchlight_stream_parked_total offset 15m) > 0',
    );
  });
});
