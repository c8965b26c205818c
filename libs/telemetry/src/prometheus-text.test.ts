import { expect, test } from '@jest/globals';
import { createTelemetry } from './telemetry.ts';

/** The lines of one metric on a page. */
async function page(count: (metrics: ReturnType<typeof createTelemetry>['metrics']) => void, name: string) {
  const telemetry = createTelemetry({ app: 'data-writer', logLevel: 'silent' });
  count(telemetry.metrics);
  const text = await telemetry.render();
  await telemetry.stop();
  return text.split('\n').filter((line) => line.includes(name));
}

test('a metric is its help, its type and its series', async () => {
  const lines = await page((metrics) => {
    metrics.counter('porchlight.data_writer.fills').add(2, { outcome: 'ok' });
    metrics.counter('porchlight.data_writer.fills').add(1, { outcome: 'epoch' });
  }, 'porchlight_data_writer_fills');
  expect(lines).toEqual([
    '# HELP porchlight_data_writer_fills_total Answers of FILL; a refused home is dropped.',
    '# TYPE porchlight_data_writer_fills_total counter',
    'porchlight_data_writer_fills_total{outcome="ok"} 2',
    'porchlight_data_writer_fills_total{outcome="epoch"} 1',
  ]);
});

test('a bucket of a histogram counts what is at or below its bound, and the last one everything', async () => {
  const lines = await page((metrics) => {
    const duration = metrics.histogram('porchlight.data_writer.warmup.duration');
    for (const seconds of [0.5, 0.45, 1_000]) duration.record(seconds);
  }, 'porchlight_data_writer_warmup_duration');
  const valueAt = (le: string) => lines.find((line) => line.includes(`_bucket{le="${le}"}`))?.split(' ')[1];
  expect([valueAt('0.4'), valueAt('0.5'), valueAt('+Inf')]).toEqual(['0', '2', '3']);
  expect(lines.filter((line) => !line.includes('_bucket'))).toEqual([
    '# HELP porchlight_data_writer_warmup_duration_seconds From the viewport event to the value in Redis, for each home.',
    '# TYPE porchlight_data_writer_warmup_duration_seconds histogram',
    'porchlight_data_writer_warmup_duration_seconds_count 3',
    'porchlight_data_writer_warmup_duration_seconds_sum 1000.95',
  ]);
});

test('what a label must not hold as it is, is escaped', async () => {
  const lines = await page(
    (metrics) => metrics.counter('porchlight.stream.dropped').add(1, { reason: 'a "b"\\c\nd' }),
    'porchlight_stream_dropped_total{',
  );
  expect(lines).toEqual([String.raw`porchlight_stream_dropped_total{reason="a \"b\"\\c\nd"} 1`]);
});

test('a gauge without a series is not on the page, and one at a bound that has no digits is', async () => {
  const lines = await page((metrics) => {
    metrics.gauge('porchlight.publisher.ring.depth').observe(() => []);
    metrics.gauge('porchlight.stream.lag').set(Infinity, { topic: 't', partition: 0 });
  }, 'porchlight_');
  expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
    'porchlight_stream_lag{topic="t",partition="0"} +Inf',
  ]);
});
