import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { topics } from '@porchlight/contracts';
import { largestSite, perReplica, planCapacity, printCapacity } from './capacity-table.ts';
import { planVisitors } from './plan-visitors.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

test('visitors become maps and homes at the busiest second', () => {
  // 2,592,000 seconds in a month: one view each on average, so two at a peak of two.
  const load = planVisitors({
    visitorsPerMonth: 1_296_000,
    visitsPerVisitor: 1,
    mapViewsPerVisit: 2,
    homesPerView: 30,
    peakFactor: 2,
  });
  expect(load).toEqual({ viewsPerS: 2, homesPerS: 60 });
});

test('what a replica does is what its sources say', () => {
  expect(read('apps/forecaster/deploy.yaml')).toContain(`recordsPerS: ${perReplica.forecasterPerS}\n`);
  expect(read('apps/request-filter/deploy.yaml')).toContain(`recordsPerS: ${perReplica.requestFilterPerS}\n`);
  expect(read('tools/bench/src/overload/README.md')).toMatch(new RegExp(`batch of 100 *\\| ${perReplica.batchUs} µs`));
});

test('the largest site', () => {
  const { load, cache, forecasters, requestFilters, estimateApis } = planCapacity();
  expect(load.viewsPerS).toBeCloseTo(11_736.1, 1);
  expect([cache.shards, cache.limit, Math.round(cache.fillsPerS)]).toEqual([3, 'memory', 14_265]);
  expect({ forecasters, requestFilters, estimateApis }).toEqual({
    forecasters: 79,
    requestFilters: 470,
    estimateApis: 5,
  });
});

test('twice the visitors need twice the forecasters and no more memory for values', () => {
  const [once, twice] = [planCapacity(), planCapacity({ ...largestSite, visitsPerVisitor: 6 })];
  expect([twice.forecasters, twice.cache.valuesBytes]).toEqual([157, once.cache.valuesBytes]);
});

test('the page shows the table as it is calculated', () => {
  expect(read('deploy/capacity.md')).toContain(printCapacity(planCapacity()));
});

test('what the page says is shipped, is', () => {
  const page = read('deploy/capacity.md');
  const shipped = (app: string): number => Number(/max: (\d+)/.exec(read(`apps/${app}/deploy.yaml`))?.[1]);
  const { viewportViewed, warmupCandidates } = topics;
  expect(page).toContain(
    `${viewportViewed.partitions} partitions of \`map.viewport-viewed\`, so ${shipped('forecaster')} replicas: **${shipped('forecaster') * perReplica.forecasterPerS} views a second as shipped**`,
  );
  expect(page).toContain(
    `${warmupCandidates.partitions} partitions of \`warmup.candidates\`, ${shipped('request-filter')} replicas: **${(shipped('request-filter') * perReplica.requestFilterPerS).toLocaleString('en-US')} records a second as shipped**`,
  );
  expect(page).toContain(`${shipped('estimate-api')} replicas as shipped`);
});
