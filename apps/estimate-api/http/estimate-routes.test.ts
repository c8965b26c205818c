import { expect, test } from '@jest/globals';
import { BATCH, VIEW } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { estimateOf, jsonOfValue, settle } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);
const openBench = apiBenchesOfFile();

test('a single get gives status and estimate, and may be kept by nobody', async () => {
  const { app } = await openBench();
  const answer = await app.inject('/v1/estimates/p1');
  expect([answer.statusCode, answer.body]).toEqual([
    200,
    `{"propertyId":"p1","status":"available","estimate":${VALUE}}`,
  ]);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'private, no-store',
  });
});

test('a batch answers in the order asked, with how many are pending', async () => {
  const { app, home, source } = await openBench();
  home('empty');
  home('hidden', { overrideLevel: 'nobody' });
  home('agents', { overrideLevel: 'agent' });
  source.set('agents', estimateOf(1));
  const propertyIds = ['agents', 'ghost', 'p1', 'hidden', 'empty'];
  const answer = await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds } });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe(
    '{"results":[{"propertyId":"agents","status":"restricted","requiredRole":"agent"},' +
      '{"propertyId":"ghost","status":"unknown"},' +
      `{"propertyId":"p1","status":"available","estimate":${VALUE}},` +
      '{"propertyId":"hidden","status":"withheld"},{"propertyId":"empty","status":"none"}],"pending":0}',
  );
});

test('single, batch and map give the same bytes for one home', async () => {
  const { app } = await openBench();
  const single = (await app.inject('/v1/estimates/p1')).body;
  const batch = (await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ['p1'] } })).body;
  const map = (await app.inject(`/v1/map/estimates?${VIEW}`)).body;
  expect(batch).toBe(`{"results":[${single}],"pending":0}`);
  expect(map).toBe(`{"homes":[{"latitude":47.6,"longitude":-122.3,"result":${single}}],"truncated":false,"pending":0}`);
});

test('a home that is not cached by the deadline is pending, which a batch counts', async () => {
  const { app, source, clock } = await openBench();
  source.hold();
  const answer = app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ['p1'], deadlineMs: 50 } });
  await settle();
  await clock.advance(50);
  expect((await answer).body).toBe('{"results":[{"propertyId":"p1","status":"pending"}],"pending":1}');
});

test('an answer for a viewer who may see nothing holds no value, no low, no high', async () => {
  const { app, home, source, bearer } = await openBench();
  const amounts = [612_345, 712_345, 812_345];
  for (const [at, amount] of amounts.entries()) {
    home(`h${at}`, { overrideLevel: 'agent' });
    source.set(`h${at}`, estimateOf(1, amount));
  }
  const ids = amounts.map((_, at) => `h${at}`);
  const agent = { authorization: await bearer({ role: 'agent' }) };
  const seen = await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ids }, headers: agent });
  for (const amount of amounts) expect(seen.body).toContain(String(amount));
  const answers = [
    await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ids } }),
    await app.inject(`/v1/map/estimates?${VIEW}`),
    ...(await Promise.all(ids.map((id) => app.inject(`/v1/estimates/${id}`)))),
  ];
  for (const { body, headers } of answers) {
    for (const amount of amounts) {
      for (const hidden of [amount, amount - 50_000, amount + 50_000]) {
        expect(body + JSON.stringify(headers)).not.toContain(String(hidden));
      }
    }
  }
});
