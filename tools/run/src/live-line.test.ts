import { expect, test } from '@jest/globals';
import { parseMetrics } from '@porchlight/telemetry';
import { figuresOf, liveLineOf, type Figures, type Look } from './live-line.ts';

const nothing: Look = { api: undefined, writer: undefined, bill: undefined };
const items = (labels: string, count: number) => `porchlight_estimate_api_items_total{${labels}} ${count}`;
const apiOf = (...lines: string[]) => parseMetrics(lines.join('\n'));

const answered = apiOf(
  items('status="available",source="hit",route="map"', 500),
  items('status="available",source="warm_hit",route="map"', 250),
  items('status="pending",source="miss",route="map"', 150),
  items('status="restricted",source="hit",route="map"', 100),
  items('status="unknown",source="miss",route="map"', 40),
  'porchlight_estimate_api_requests_total{route="map",outcome="ok"} 6',
  'porchlight_estimate_api_requests_total{route="map",outcome="zoom-too-far"} 3',
  items('status="available",source="miss",route="single"', 4),
  'porchlight_estimate_api_requests_total{route="single",outcome="ok"} 4',
  'porchlight_estimate_api_restricted_total 100',
  'porchlight_estimate_api_answer_duration_seconds_bucket{route="map",le="0.002"} 50',
  'porchlight_estimate_api_answer_duration_seconds_bucket{route="map",le="0.01"} 90',
  'porchlight_estimate_api_answer_duration_seconds_bucket{route="map",le="+Inf"} 100',
);

test('hits count over all items but unknown homes, pending is a miss, and the bill is compared with batches of 100', () => {
  const look = { api: answered, writer: undefined, bill: { billedRequests: 12 } };
  const figures = figuresOf(look, nothing, { ...nothing, bill: { billedRequests: 3 } });
  expect(figures.itemHitRate).toBeCloseTo(850 / 1004);
  expect([figures.mapP50Ms, figures.mapP90Ms]).toEqual([2, 10]);
  expect(figures.restricted).toBe(100);
  // 900 homes in 6 map answers cost 2 calls each without a cache, 4 single ones 1 each: 16; billed were 12 - 3.
  expect(figures.billedRequestsChange).toBeCloseTo(9 / 16 - 1);
});

test('rates are counted from the recent look, the bill and the restricted ones from the first', () => {
  const later = apiOf(
    items('status="available",source="hit",route="map"', 900),
    items('status="available",source="miss",route="map"', 100),
    'porchlight_estimate_api_restricted_total 130',
  );
  const recent = apiOf(
    items('status="available",source="hit",route="map"', 800),
    'porchlight_estimate_api_restricted_total 120',
  );
  const first = apiOf('porchlight_estimate_api_restricted_total 100');
  const figures = figuresOf({ ...nothing, api: later }, { ...nothing, api: recent }, { ...nothing, api: first });
  expect(figures.itemHitRate).toBeCloseTo(100 / 200);
  expect(figures.restricted).toBe(30);
});

test('without a look at anything there are no figures, and no made-up ones', () => {
  const figures = figuresOf(nothing, nothing, nothing);
  expect(figures).toEqual({
    itemHitRate: undefined,
    mapP50Ms: undefined,
    mapP90Ms: undefined,
    warmupP95Ms: undefined,
    billedRequestsChange: undefined,
    restricted: 0,
  });
  expect(liveLineOf(figures)).toBe(
    'items from Redis – | map p50 – p90 – | warm-up p95 – | billed requests – | restricted 0',
  );
});

const figures: Figures = {
  itemHitRate: 0.784,
  mapP50Ms: 2.94,
  mapP90Ms: 21.4,
  warmupP95Ms: 1_240,
  billedRequestsChange: -0.437,
  restricted: 1_204,
};

test('a person reads shares, times with their unit, and what was saved', () => {
  expect(liveLineOf(figures)).toBe(
    'items from Redis 78 % | map p50 2.9 ms p90 21 ms | warm-up p95 1.2 s | billed requests 44 % saved | restricted 1,204',
  );
});

test('more than without a cache is said as it is, and so is an app that is down', () => {
  const line = liveLineOf({ ...figures, billedRequestsChange: 0.08 }, ['data-writer']);
  expect(line).toContain('billed requests 8 % more');
  expect(line).toMatch(/\| DOWN: data-writer$/);
});
