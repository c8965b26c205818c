import { afterEach, describe, expect, test } from '@jest/globals';
import { parseMetrics } from './parse-metrics.ts';
import { createTelemetry, SERIES_MAX, type Telemetry } from './telemetry.ts';

const opened: Telemetry[] = [];
const open = () => {
  const telemetry = createTelemetry({ app: 'data-writer', logLevel: 'silent' });
  opened.push(telemetry);
  return telemetry;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((telemetry) => telemetry.stop()));
});

test('counters, gauges and histograms come out as Prometheus spells them', async () => {
  const { metrics, render } = open();
  metrics.counter('porchlight.data_writer.fills').add(2, { outcome: 'ok' });
  metrics.counter('porchlight.data_writer.fills').add(1, { outcome: 'epoch' });
  metrics.gauge('porchlight.stream.lag').set(7, { topic: 'warmup.estimates', partition: 3 });
  metrics.histogram('porchlight.data_writer.warmup.duration').record(0.45);
  const lines = (await render()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE porchlight_data_writer_fills_total counter',
      'porchlight_data_writer_fills_total{outcome="ok"} 2',
      'porchlight_data_writer_fills_total{outcome="epoch"} 1',
      '# TYPE porchlight_stream_lag gauge',
      'porchlight_stream_lag{topic="warmup.estimates",partition="3"} 7',
      '# TYPE porchlight_data_writer_warmup_duration_seconds histogram',
      'porchlight_data_writer_warmup_duration_seconds_bucket{le="0.4"} 0',
      'porchlight_data_writer_warmup_duration_seconds_bucket{le="0.5"} 1',
      'porchlight_data_writer_warmup_duration_seconds_sum 0.45',
    ]),
  );
});

test('attributes of OpenTelemetry keep their names, with underscores', async () => {
  const { metrics, render } = open();
  metrics.histogram('messaging.process.duration').record(0.02, {
    'messaging.system': 'kafka',
    'messaging.destination.name': 'warmup.requests',
    'messaging.consumer.group.name': 'porchlight.data-fetcher',
  });
  expect(await render()).toContain(
    'messaging_process_duration_seconds_count{messaging_system="kafka",messaging_destination_name="warmup.requests",messaging_consumer_group_name="porchlight.data-fetcher"} 1',
  );
});

describe('a gauge', () => {
  test('ends a series that is forgotten, as when a partition goes', async () => {
    const { metrics, render } = open();
    const lag = metrics.gauge('porchlight.stream.lag');
    lag.set(1, { topic: 't', partition: 0 });
    lag.set(2, { topic: 't', partition: 1 });
    expect(parseMetrics(await render()).select('porchlight.stream.lag')).toHaveLength(2);
    lag.forget({ partition: 0, topic: 't' });
    expect(parseMetrics(await render()).select('porchlight.stream.lag')).toEqual([
      { name: 'porchlight_stream_lag', labels: { topic: 't', partition: '1' }, value: 2 },
    ]);
  });

  test('is asked at each reading until that is ended', async () => {
    const { metrics, render } = open();
    let depth = 4;
    const end = metrics.gauge('porchlight.publisher.ring.depth').observe(() => [{ value: depth }]);
    expect(parseMetrics(await render()).sum('porchlight.publisher.ring.depth')).toBe(4);
    depth = 9;
    expect(parseMetrics(await render()).sum('porchlight.publisher.ring.depth')).toBe(9);
    end();
    expect(parseMetrics(await render()).select('porchlight.publisher.ring.depth')).toEqual([]);
  });
});

test('a label that somebody fed with ids ends in one overflow series, and the total stays right', async () => {
  const { metrics, render } = open();
  const dropped = metrics.counter('porchlight.stream.dropped');
  for (let id = 0; id < SERIES_MAX * 2; id += 1) dropped.add(1, { reason: `home-${id}` });
  const scrape = parseMetrics(await render());
  expect(scrape.select('porchlight.stream.dropped').length).toBeLessThanOrEqual(SERIES_MAX);
  expect(scrape.sum('porchlight.stream.dropped')).toBe(SERIES_MAX * 2);
});

test('every process tells its memory, processor time and event loop', async () => {
  const { render } = open();
  const scrape = parseMetrics(await render());
  expect(scrape.sum('process.memory.usage')).toBeGreaterThan(10_000_000);
  expect(scrape.sum('process.cpu.time', { 'cpu.mode': 'user' })).toBeGreaterThan(0);
  expect(scrape.select('nodejs.eventloop.delay.p99')).toHaveLength(1);
  expect(scrape.select('nodejs.eventloop.utilization')).toHaveLength(1);
});

test('two telemetries in one process count apart', async () => {
  const one = open();
  const other = open();
  one.metrics.counter('porchlight.estimate_api.restricted').add(1);
  expect(parseMetrics(await other.render()).select('porchlight.estimate_api.restricted')).toEqual([]);
});

test('a name or an attribute that is not in the list does not type-check', () => {
  const { metrics } = open();
  // @ts-expect-error the name is not in the list
  expect(() => metrics.counter('porchlight.invented')).toThrow();
  // @ts-expect-error the attribute is not in the list
  metrics.counter('porchlight.stream.dropped').add(1, { reason: 'late', propertyId: 'p1' });
  // @ts-expect-error the attribute is required
  metrics.counter('porchlight.stream.dropped').add(1);
  // @ts-expect-error a histogram is no counter
  metrics.counter('porchlight.data_writer.warmup.duration');
});
