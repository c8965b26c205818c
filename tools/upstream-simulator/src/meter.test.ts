import { expect, test } from '@jest/globals';
import { createMeter, LANES_MAX } from './meter.ts';
import { metricsPage } from './metrics-page.ts';

test('bills requests and items, single apart from multi, by lane', () => {
  const meter = createMeter(() => 5);
  meter.bill(1, 'sync');
  meter.bill(100, 'warm');
  meter.bill(3, undefined);
  meter.refuse(429);
  meter.refuse('hung');
  expect(meter.read()).toEqual({
    billedRequests: 3,
    billedItems: 104,
    single: { requests: 1, items: 1 },
    multi: { requests: 2, items: 103 },
    lanes: {
      sync: { requests: 1, items: 1 },
      warm: { requests: 1, items: 100 },
      untagged: { requests: 1, items: 3 },
    },
    refused: { 429: 1, hung: 1 },
    resetAt: 5,
  });
  meter.reset();
  expect(meter.read().billedItems).toBe(0);
});

test('counts lanes past the limit, and names that are none, as other', () => {
  const meter = createMeter(() => 0);
  meter.bill(1, 'Not A Lane"');
  Array.from({ length: 3 * LANES_MAX }, (_, index) => meter.bill(1, `lane-${index}`));
  const { lanes } = meter.read();
  expect(Object.keys(lanes)).toHaveLength(LANES_MAX);
  expect(lanes['other']).toEqual({ requests: 2 * LANES_MAX + 2, items: 2 * LANES_MAX + 2 });
});

test('the metrics page says what the meter says', () => {
  const meter = createMeter(() => 0);
  meter.bill(7, 'warm');
  const page = metricsPage(meter.read(), { homes: 12, hung: 1 });
  expect(page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
    'porchlight_upstream_simulator_billed_requests_total{shape="single"} 0',
    'porchlight_upstream_simulator_billed_requests_total{shape="multi"} 1',
    'porchlight_upstream_simulator_billed_items_total{shape="single"} 0',
    'porchlight_upstream_simulator_billed_items_total{shape="multi"} 7',
    'porchlight_upstream_simulator_lane_billed_items_total{lane="warm"} 7',
    'porchlight_upstream_simulator_homes 12',
    'porchlight_upstream_simulator_hung_calls 1',
  ]);
});
