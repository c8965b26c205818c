import { expect, test } from '@jest/globals';
import { describeConfig, loadConfig } from '@porchlight/service';
import { readFileSync } from 'node:fs';
import { optionsOf, simulatorConfig } from './config.ts';

test('the defaults are the talk behind a limit, on loopback', () => {
  expect(optionsOf(loadConfig(simulatorConfig, { UPSTREAM_API_KEY: 'key' }))).toEqual({
    host: '127.0.0.1',
    port: 8090,
    apiKey: 'key',
    seed: 1,
    latency: {
      kind: 'drawn',
      single: { medianMs: 45, p90Ms: 102 },
      multi: { medianMs: 58, p90Ms: 314 },
      slowShare: 0.001,
      slowMs: 1_000,
    },
    ratePerS: 200,
    burst: 200,
    callsKeptMax: 0,
  });
});

test('a fixed latency and a folder are passed on', () => {
  const environment = {
    UPSTREAM_API_KEY: 'key',
    SIM_LATENCY: 'fixed',
    SIM_FIXED_LATENCY_MS: '30',
    SIM_DATA_DIR: 'data',
  };
  const options = optionsOf(loadConfig(simulatorConfig, environment));
  expect(options).toMatchObject({ latency: { kind: 'fixed', latencyMs: 30 }, dataDir: 'data' });
});

test('one message names every variable that is wrong', () => {
  const read = () => loadConfig(simulatorConfig, { HTTP_PORT: '70000', SIM_RATE_PER_S: '-1', SIM_LATENCY: 'quick' });
  for (const name of ['HTTP_PORT', 'SIM_RATE_PER_S', 'SIM_LATENCY', 'UPSTREAM_API_KEY']) expect(read).toThrow(name);
});

test('a 90th percentile below its median is refused', () => {
  const read = () => loadConfig(simulatorConfig, { UPSTREAM_API_KEY: 'key', SIM_SINGLE_P90_MS: '10' });
  expect(read).toThrow('SIM_SINGLE_P90_MS is below SIM_SINGLE_MEDIAN_MS');
});

test('the README shows every variable as the schema has it', () => {
  const squeezed = (text: string): string => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(squeezed(readme)).toContain(squeezed(describeConfig(simulatorConfig)));
});
