import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { describeMetrics } from './describe-metrics.ts';
import { metricNames, type MetricSpec } from './metric-names.ts';
import { prometheusNameOf } from './prometheus-name.ts';

const all = Object.entries<MetricSpec>(metricNames);

describe('Prometheus spells', () => {
  const spelled: [string, MetricSpec['kind'], string, string][] = [
    ['messaging.process.duration', 'histogram', 's', 'messaging_process_duration_seconds'],
    ['messaging.client.consumed.messages', 'counter', '{message}', 'messaging_client_consumed_messages_total'],
    ['process.memory.usage', 'gauge', 'By', 'process_memory_usage_bytes'],
    ['process.cpu.time', 'counter', 's', 'process_cpu_time_seconds_total'],
    ['nodejs.eventloop.utilization', 'gauge', '1', 'nodejs_eventloop_utilization_ratio'],
    ['porchlight.stream.lag.age', 'gauge', 's', 'porchlight_stream_lag_age_seconds'],
    ['a.b.seconds', 'gauge', 's', 'a_b_seconds'],
    ['a.share', 'counter', '1', 'a_share_total'],
  ];
  test.each(spelled)('%s, a %s in %s, as %s', (name, kind, unit, prometheus) => {
    expect(prometheusNameOf(name, { kind, unit })).toBe(prometheus);
  });
});

describe('the list of names', () => {
  test('gives no two metrics one spelling', () => {
    const spelled = all.map(([name, spec]) => prometheusNameOf(name, spec));
    expect(spelled.filter((name, at) => spelled.indexOf(name) !== at)).toEqual([]);
  });

  test('has no attribute that could be an id, a key or a place', () => {
    const attributes = all.flatMap(([, spec]) => Object.keys({ ...spec.attributes, ...spec.optionalAttributes }));
    const unbounded = /id$|key|session|viewer|tile|path|url|message|offset/i;
    expect(attributes.filter((name) => unbounded.test(name))).toEqual([]);
    // The guard refuses what it must.
    expect(['propertyId', 'sessionKey', 'tile', 'url.path'].every((name) => unbounded.test(name))).toBe(true);
  });

  test('gives every histogram rising buckets, and nothing else any', () => {
    for (const [name, { kind, buckets = [] }] of all) {
      expect([name, buckets.length > 0]).toEqual([name, kind === 'histogram']);
      expect([name, buckets]).toEqual([name, [...new Set(buckets)].sort((a, b) => a - b)]);
    }
  });

  test('has the limits that are promised among the buckets of the warm-up', () => {
    expect(metricNames['porchlight.data_writer.warmup.duration'].buckets).toEqual(expect.arrayContaining([0.2, 1, 2]));
  });

  test('stands in the README as it is here', () => {
    expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(describeMetrics());
  });
});
