import { globSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryFolder } from '@porchlight/stack';
import yaml from 'yaml';
import { metricNames, prometheusNameOf, type MetricSpec } from '@porchlight/telemetry';
import { unexported } from './exported-series.ts';

interface RuleDocument {
  readonly groups: readonly { readonly rules: readonly { readonly record?: string; readonly expr: string }[] }[];
}
interface DashboardDocument {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
}

const read = (folder: string, ending: string): string[] =>
  readdirSync(join(repositoryFolder, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(repositoryFolder, folder, name), 'utf8'));

const rules = read('deploy/prometheus/rules', '.yaml')
  .flatMap((text) => (yaml.parse(text) as RuleDocument).groups)
  .flatMap((group) => group.rules);
const recorded = new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])));
const shown = read('deploy/grafana', '.json')
  .flatMap((text) => (JSON.parse(text) as DashboardDocument).panels)
  .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

describe('what dashboards and rules ask for', () => {
  test('every metric and every label of the committed rules is exported by an app', () => {
    expect(rules.length).toBeGreaterThan(60);
    expect(rules.flatMap(({ expr }) => unexported(expr, recorded))).toEqual([]);
  });

  test('and every one of the committed dashboards', () => {
    expect(shown.length).toBeGreaterThan(80);
    expect(shown.flatMap((expr) => unexported(expr, recorded))).toEqual([]);
  });

  test('no rule and no panel asks for a metric of the list that no source records', () => {
    const sources = globSync(['apps/**/*.ts', 'libs/**/*.ts'], { cwd: repositoryFolder })
      .filter((file) => !/node_modules|\.test\.ts$|metric-names\.ts$/.test(file))
      .map((file) => readFileSync(join(repositoryFolder, file), 'utf8'))
      .join('\n');
    const asked = [...rules.map(({ expr }) => expr), ...shown].join('\n');
    const unrecorded = Object.entries<MetricSpec>(metricNames)
      .filter(([name, spec]) => new RegExp(`\\b${prometheusNameOf(name, spec)}`).test(asked))
      .filter(([name]) => !sources.includes(`'${name}'`))
      .map(([name]) => name);
    expect(unrecorded).toEqual([]);
  });

  test('a metric, a matcher or a grouping that nothing exports is found', () => {
    expect(unexported('rate(porchlight_estimate_api_itemz_total[5m])', recorded)).toEqual([
      'porchlight_estimate_api_itemz_total',
    ]);
    expect(unexported('max(porchlight_stream_lag{colour="red", topic="a"}) > 3', recorded)).toEqual([
      'porchlight_stream_lag{colour}',
    ]);
    expect(unexported('sum by (region) (porchlight_stream_lag)', recorded)).toEqual(['by (region)']);
    expect(unexported('slo:never_recorded', recorded)).toEqual(['slo:never_recorded']);
  });
});
