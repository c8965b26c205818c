import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { boundsOf, tileAt } from '@porchlight/geo';
import {
  askNow,
  dashboards,
  jobs,
  startPrometheus,
  withWindow,
  type RunningPrometheus,
} from '@porchlight/observability';
import { eventually } from './testing/eventually.ts';
import { repository } from './repository.ts';
import { openWalkWorld, type WalkWorld } from './testing/walk-world.ts';

/*
 * A real Prometheus with the committed rules scrapes the running fleet, and every query of every dashboard is put to it. What
 * has no data while all is well says so in its panel; any other query must answer.
 */

const START_MS = 240_000;
const FILLED_MS = 240_000;
const ZOOM = 17;
const WINDOW = '1m';
const MAPS_A_ROUND = 6;

let world: WalkWorld;
let prometheus: RunningPrometheus;
let round = 0;
const folder = mkdtempSync(join(tmpdir(), 'porchlight-dashboards-'));

/** Somebody looks at the map here and there, asks for single homes and for a batch, and a home changes. */
async function live(): Promise<void> {
  const sessionId = randomUUID();
  const homes = world.homes(({ valueUsd }) => valueUsd !== null);
  for (let at = 0; at < MAPS_A_ROUND; at += 1) {
    const home = homes[((round * MAPS_A_ROUND + at) * 997) % homes.length];
    if (home === undefined) throw new Error('the city is empty');
    const { west, south, east, north } = boundsOf(tileAt(home, ZOOM));
    const width = east - west;
    for (const pan of [0, 0.5]) {
      const view = { west: west + pan * width, south, east: east + pan * width, north, zoom: ZOOM };
      const query = new URLSearchParams(
        Object.entries(view).map(([name, value]): [string, string] => [name, `${value}`]),
      );
      await world.get(`/v1/map/estimates?${query.toString()}`, { sessionId });
    }
    await world.get(`/v1/estimates/${home.propertyId}?deadlineMs=1000`, { sessionId, role: 'agent' });
    if (at === 0) await world.revalue(home.propertyId);
  }
  const propertyIds = homes.slice(round * 50, round * 50 + 50).map(({ propertyId }) => propertyId);
  await world.post('/v1/estimates:batchGet', { propertyIds, deadlineMs: 0 }, { sessionId });
  round += 1;
}

const queries = dashboards.flatMap(({ uid, rows }) =>
  rows
    .flatMap(({ panels }) => panels)
    .flatMap((panel) =>
      panel.queries.map(({ expr }) => ({ uid, panel: panel.title, expr, emptyUntil: panel.emptyUntil })),
    ),
);

const isFilled = async (expr: string): Promise<boolean> => {
  const answered = await askNow(prometheus.url, withWindow(expr, WINDOW));
  return answered.some(({ samples }) => samples.some(([, value]) => Number.isFinite(value)));
};

beforeAll(async () => {
  world = await openWalkWorld();
  prometheus = await startPrometheus({
    folder,
    targets: Object.fromEntries(jobs.map((job) => [job, [new URL(world.fleet.operationsUrl(job)).host]])),
    rulesFolder: join(repository, 'deploy/prometheus/rules'),
  });
}, START_MS);

afterAll(async () => {
  await prometheus?.stop();
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe('a Prometheus that scrapes the fleet', () => {
  test(
    'reaches every app',
    async () => {
      await eventually(async () => {
        const up = await askNow(prometheus.url, 'up == 1');
        expect(up.map(({ labels }) => labels['job']).sort()).toEqual([...jobs].sort());
      }, FILLED_MS);
    },
    FILLED_MS,
  );

  test(
    'has data for every query of every dashboard that needs no fault',
    async () => {
      const wanted = queries.filter(({ emptyUntil }) => emptyUntil === undefined);
      await eventually(async () => {
        await live();
        const empty = [];
        for (const { uid, panel, expr } of wanted) if (!(await isFilled(expr))) empty.push(`${uid}: ${panel}: ${expr}`);
        expect(empty).toEqual([]);
      }, FILLED_MS);
    },
    FILLED_MS + 60_000,
  );

  test('takes every other query too', async () => {
    const others = queries.filter(({ emptyUntil }) => emptyUntil !== undefined);
    expect(others.length).toBeGreaterThan(0);
    for (const { expr } of others) await askNow(prometheus.url, withWindow(expr, WINDOW));
  });

  test('evaluates every rule without an error', async () => {
    const response = await fetch(`${prometheus.url}/api/v1/rules`);
    const { data } = (await response.json()) as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(60);
    expect(rules.filter(({ health }) => health === 'err').map(({ name, lastError }) => [name, lastError])).toEqual([]);
  });
});
