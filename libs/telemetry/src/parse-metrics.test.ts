import { describe, expect, test } from '@jest/globals';
import { parseMetrics } from './parse-metrics.ts';

const TEXT = `# HELP porchlight_estimate_api_items_total Homes answered.
# TYPE porchlight_estimate_api_items_total counter
porchlight_estimate_api_items_total{status="available",source="hit"} 70
porchlight_estimate_api_items_total{status="available",source="miss"} 20
porchlight_estimate_api_items_total{status="unknown",source="miss"} 10 1700000000000
odd{text="a \\"b\\" \\\\ c,d=\\"e\\""} +Inf
`;

const histogram = (counts: readonly [string, number][]) =>
  counts.map(([le, count]) => `porchlight_data_writer_warmup_duration_seconds_bucket{le="${le}"} ${count}`).join('\n');

test('sums what the labels let through, by the name in the list or by the name of Prometheus', () => {
  const scrape = parseMetrics(TEXT);
  expect(scrape.sum('porchlight.estimate_api.items')).toBe(100);
  expect(scrape.sum('porchlight_estimate_api_items_total', { status: 'available' })).toBe(90);
  expect(scrape.sum('porchlight.estimate_api.items', { status: 'available', source: 'hit' })).toBe(70);
  expect(scrape.sum('porchlight.estimate_api.items', { status: 'pending' })).toBe(0);
});

test('reads escaped labels and infinities', () => {
  expect(parseMetrics(TEXT).select('odd')).toEqual([
    { name: 'odd', labels: { text: 'a "b" \\ c,d="e"' }, value: Infinity },
  ]);
});

describe('a quantile', () => {
  const name = 'porchlight.data_writer.warmup.duration';
  const scrape = parseMetrics(
    histogram([
      ['0.1', 10],
      ['0.2', 60],
      ['0.5', 100],
      ['+Inf', 100],
    ]),
  );

  test('is interpolated inside its bucket', () => {
    expect(scrape.quantile(name, 0.5)).toBeCloseTo(0.18);
    expect(scrape.quantile(name, 0.8)).toBeCloseTo(0.35);
    expect(scrape.quantile(name, 0.05)).toBeCloseTo(0.05);
  });
  test('is the highest bound when it lies beyond it', () => {
    expect(
      parseMetrics(
        histogram([
          ['0.1', 0],
          ['+Inf', 5],
        ]),
      ).quantile(name, 0.5),
    ).toBe(0.1);
  });
  test('does not exist without values', () => {
    expect(parseMetrics('').quantile(name, 0.5)).toBeUndefined();
    expect(
      parseMetrics(
        histogram([
          ['0.1', 0],
          ['+Inf', 0],
        ]),
      ).quantile(name, 0.5),
    ).toBeUndefined();
  });
  test('goes over all processes whose texts are joined', () => {
    const both = [
      histogram([
        ['0.1', 1],
        ['0.2', 1],
        ['+Inf', 1],
      ]),
      histogram([
        ['0.1', 0],
        ['0.2', 3],
        ['+Inf', 3],
      ]),
    ];
    expect(parseMetrics(both.join('\n')).quantile(name, 0.25)).toBeCloseTo(0.1);
  });
});

describe('what happened since an earlier reading', () => {
  test('counters and buckets are the difference; gauges stay', () => {
    const before = parseMetrics(
      `a_total 5\nprocess_memory_usage_bytes 100\n${histogram([
        ['0.1', 4],
        ['+Inf', 4],
      ])}`,
    );
    const after = parseMetrics(
      `a_total 8\nprocess_memory_usage_bytes 120\n${histogram([
        ['0.1', 4],
        ['+Inf', 9],
      ])}`,
    );
    const since = after.since(before);
    expect(since.sum('a_total')).toBe(3);
    expect(since.sum('process.memory.usage')).toBe(120);
    expect(since.select('porchlight_data_writer_warmup_duration_seconds_bucket').map(({ value }) => value)).toEqual([
      0, 5,
    ]);
  });
  test('a process that was restarted counts from nothing', () => {
    expect(parseMetrics('a_total 2').since(parseMetrics('a_total 50')).sum('a_total')).toBe(2);
  });
});
