import { expect, test } from '@jest/globals';
import { flagsInForce, usualFlags } from '@porchlight/rollout';
import { createTelemetry } from '@porchlight/telemetry';
import { apiMeterOf, flagsMeterOf } from './meters.ts';
import type { HomeResult } from './reading/index.ts';

const home = (propertyId: string): HomeResult => ({
  propertyId,
  status: 'available',
  requiredRole: null,
  estimateJson: null,
  source: 'hit',
});
const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));

test('latencies and hits carry the cohort of their session, and homes their own', async () => {
  const telemetry = createTelemetry({ app: 'estimate-api', logLevel: 'silent' });
  const flags = flagsInForce({
    version: 1,
    changedAt: 0,
    flags: { 'cache.soft-refresh': { percent: 50, cohort: 'on', rest: 'off' } },
  });
  const ids = Array.from({ length: 40 }, (_, at) => `p${at}`);
  const off = ids.filter((id) => flags.cohortOf('cache.soft-refresh', id) === 'off').length;
  const meter = apiMeterOf(telemetry.metrics, { now: () => flags });
  const labels = { 'cache.read': 'on', 'forecast.strategy': 'ring' };
  meter.homes('map', ids.map(home), labels);
  meter.answered('map', 'ok', 3, labels);
  meter.served({ method: 'GET', route: '/v1/map/estimates', status: 200, durationMs: 3, labels });
  const text = await telemetry.render();
  await telemetry.stop();
  expect([off > 0, off < ids.length]).toEqual([true, true]);
  for (const [cohort, homes] of [
    ['on', ids.length - off],
    ['off', off],
  ]) {
    const [line = ''] = linesOf(text, 'porchlight_estimate_api_items_total').filter((each) =>
      each.includes(`cache_soft_refresh="${cohort}"`),
    );
    expect(line).toContain('cache_read="on"');
    expect(line).toContain('forecast_strategy="ring"');
    expect(line.endsWith(` ${homes}`)).toBe(true);
  }
  for (const name of [
    'porchlight_estimate_api_answer_duration_seconds_count',
    'http_server_request_duration_seconds_count',
  ]) {
    expect(linesOf(text, name).join()).toMatch(
      /cache_read="on".*forecast_strategy="ring"|forecast_strategy="ring".*cache_read="on"/,
    );
  }
});

test('as usual there is one series, without labels of flags', async () => {
  const telemetry = createTelemetry({ app: 'estimate-api', logLevel: 'silent' });
  apiMeterOf(telemetry.metrics, { now: () => usualFlags }).homes('map', [home('a'), home('b')], {});
  const lines = linesOf(await telemetry.render(), 'porchlight_estimate_api_items_total');
  await telemetry.stop();
  expect(lines).toEqual([expect.stringMatching(/ 2$/)]);
  expect(lines.join()).not.toMatch(/cache_|forecast_/);
});

test('the version in force, where it comes from and how old it is are gauges; readings are counted', async () => {
  const telemetry = createTelemetry({ app: 'estimate-api', logLevel: 'silent' });
  const onReading = flagsMeterOf(telemetry.metrics, () => ({
    state: () => ({ origin: 'store', version: 7, readAgoMs: 1_500 }),
  }));
  onReading('changed');
  onReading('same');
  onReading('same');
  const text = await telemetry.render();
  await telemetry.stop();
  expect(linesOf(text, 'porchlight_flags_')).toEqual(
    expect.arrayContaining([
      'porchlight_flags_version{origin="store"} 7',
      'porchlight_flags_read_age_seconds 1.5',
      'porchlight_flags_readings_total{reading="changed"} 1',
      'porchlight_flags_readings_total{reading="same"} 2',
    ]),
  );
});
