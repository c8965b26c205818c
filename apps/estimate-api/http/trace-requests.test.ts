import { expect, test } from '@jest/globals';
import { createTelemetry } from '@porchlight/telemetry';
import { startTracing, type TracingOptions } from '@porchlight/telemetry/tracing';
import { BATCH, VIEW } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';

const openBench = apiBenchesOfFile();

type Exporter = TracingOptions['exporter'];
type Spans = Parameters<Exporter['export']>[0];

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** A server whose requests are traced. `canary` stands in everything that a caller may say of itself or ask for. */
async function openTraced(sampleRatio = 1, trustedProxies = ['127.0.0.1']) {
  const spans: Spans = [];
  const exporter: Exporter = {
    export(batch, done) {
      spans.push(...batch);
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  };
  const telemetry = createTelemetry({
    app: 'estimate-api',
    logLevel: 'silent',
    startTracing: (about) => startTracing({ ...about, exporter, sampleRatio }),
  });
  const bench = await openBench({ telemetry, web: { trustedProxies } });
  return {
    ...bench,
    ended: async () => {
      await telemetry.stop();
      return spans;
    },
  };
}

test('a request is a span by its route and status, and says nothing of who asked and for what', async () => {
  const { app, home, plant, ended } = await openTraced();
  home('canary1');
  await plant('canary1');
  const headers = {
    'x-session-id': 'canary-session',
    authorization: 'Bearer canary-token',
    'user-agent': 'canary-agent',
    traceparent: PARENT,
  };
  const anonymous = { 'x-session-id': 'canary-session', traceparent: PARENT };
  const statuses = [
    await app.inject({ url: '/v1/estimates/canary1?deadlineMs=500', headers: anonymous }),
    await app.inject({ url: '/v1/estimates/canary1', headers }),
    await app.inject({ method: 'POST', url: BATCH, headers: anonymous, payload: { propertyIds: ['canary1'] } }),
    await app.inject({ url: '/canary/of/a/path', headers: anonymous }),
  ].map(({ statusCode }) => statusCode);
  const spans = await ended();
  expect(spans.map(({ name, attributes }) => [name, attributes['http.response.status_code']])).toEqual([
    ['GET /v1/estimates/:propertyId', statuses[0]],
    ['GET /v1/estimates/:propertyId', 401],
    ['POST /v1/estimates::batchGet', 200],
    ['GET none', 404],
  ]);
  expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([PARENT.split('-')[1]]));
  const said = JSON.stringify(spans.map(({ name, attributes, events, status }) => [name, attributes, events, status]));
  expect(said).not.toContain('canary');
});

test('the event of an answered map goes on in the trace of its request', async () => {
  const { app, plant, events, ended } = await openTraced();
  await plant('p1');
  await app.inject({ url: `/v1/map/estimates?${VIEW}`, headers: { traceparent: PARENT } });
  const [span] = await ended();
  const { traceId, spanId } = span?.spanContext() ?? {};
  expect(events.map(({ traceparent }) => traceparent)).toEqual([`00-${traceId}-${spanId}-01`]);
  expect(span?.parentSpanContext?.spanId).toBe(PARENT.split('-')[2]);
});

test('a request that is not chosen tells so to whoever hears of it', async () => {
  const { app, plant, events, ended } = await openTraced(0);
  await plant('p1');
  await app.inject({ url: `/v1/map/estimates?${VIEW}` });
  expect(events.map(({ traceparent }) => traceparent?.slice(-3))).toEqual(['-00']);
  expect(await ended()).toEqual([]);
});

test('a trace that anybody but a proxy of ours names is linked, and does not choose what is recorded', async () => {
  const headers = { traceparent: PARENT };
  const chosen = await openTraced(1, ['10.0.0.0/8']);
  await chosen.app.inject({ url: `/v1/map/estimates?${VIEW}`, headers });
  const [span] = await chosen.ended();
  expect([span?.parentSpanContext, span?.links.map(({ context }) => context.spanId)]).toEqual([
    undefined,
    [PARENT.split('-')[2]],
  ]);
  const unchosen = await openTraced(0, ['10.0.0.0/8']);
  await unchosen.app.inject({ url: `/v1/map/estimates?${VIEW}`, headers });
  expect(await unchosen.ended()).toEqual([]);
  expect(unchosen.events.map(({ traceparent }) => traceparent?.slice(-3))).toEqual(['-00']);
});
