import { expect, test } from '@jest/globals';
import { VIEW } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { estimateOf, jsonOfValue, settle } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);
const openBench = apiBenchesOfFile();

test('the map gives homes in view in order of id, with their places', async () => {
  const { app, home, source } = await openBench();
  home('a0', { latitude: 47.605, longitude: -122.305 });
  source.set('a0', estimateOf(1, 600_000));
  home('outside', { latitude: 47.62, longitude: -122.3 });
  const answer = await app.inject(`/v1/map/estimates?${VIEW}`);
  expect([answer.statusCode, answer.body]).toEqual([
    200,
    '{"homes":[{"latitude":47.605,"longitude":-122.305,"result":{"propertyId":"a0","status":"available","estimate":' +
      `${jsonOfValue(600_000)}}},{"latitude":47.6,"longitude":-122.3,"result":{"propertyId":"p1","status":"available",` +
      `"estimate":${VALUE}}}],"truncated":false,"pending":0}`,
  ]);
  expect(answer.headers['cache-control']).toBe('private, no-store');
});

test('a map with more homes than the limit says so and gives the first in order of id', async () => {
  const { app, home } = await openBench();
  for (const id of ['c', 'b', 'a']) home(id);
  const answer = await app.inject(`/v1/map/estimates?${VIEW}&limit=2`);
  const body = answer.json<{ homes: { result: { propertyId: string } }[]; truncated: boolean }>();
  expect([body.homes.map(({ result }) => result.propertyId), body.truncated]).toEqual([['a', 'b'], true]);
});

test('a map that holds a home that nobody may see asks for no lease and no facts the second time, and says the same', async () => {
  const { app, home, beforeCache, beforeCatalog, beforeChecks, source } = await openBench();
  home('p0', { overrideLevel: 'nobody' });
  const asked: string[] = [];
  Object.assign(beforeCache, { acquire: () => void asked.push('acquire') });
  for (const facts of [beforeCatalog, beforeChecks]) Object.assign(facts, { factsOf: () => void asked.push('facts') });
  const answers: string[] = [];
  for (let time = 0; time < 2; time += 1) answers.push((await app.inject(`/v1/map/estimates?${VIEW}`)).body);
  expect(answers[0]).toContain('{"propertyId":"p0","status":"withheld"}');
  expect([answers[1] === answers[0], asked, source.calls]).toEqual([true, ['acquire', 'facts'], [['p1']]]);
});

test('a viewport across the antimeridian is served', async () => {
  const { app, home } = await openBench();
  home('east', { latitude: 51, longitude: 179.999 });
  home('west', { latitude: 51, longitude: -179.999 });
  const answer = await app.inject('/v1/map/estimates?west=179.99&south=50.99&east=-179.99&north=51.01&zoom=15');
  const body = answer.json<{ homes: { result: { propertyId: string } }[] }>();
  expect(body.homes.map(({ result }) => result.propertyId)).toEqual(['east', 'west']);
});

test('density counts homes per tile, without values', async () => {
  const { app, home } = await openBench();
  home('p2', { latitude: 47.6001, longitude: -122.3001 });
  home('far', { latitude: 47.7, longitude: -122.3 });
  const answer = await app.inject('/v1/map/density?west=-123&south=47.5&east=-122&north=47.65&zoom=12');
  expect([answer.statusCode, answer.body]).toEqual([200, '{"tiles":[{"tile":"12/656/1430","count":2}]}']);
});

test('a map waits 250 ms by default', async () => {
  const { app, source, clock } = await openBench();
  source.hold();
  const answer = app.inject(`/v1/map/estimates?${VIEW}`);
  await settle();
  await clock.advance(250);
  expect((await answer).json()).toMatchObject({ pending: 1 });
});

test('a database that is down costs a map its list: 503 with a code, until tiles are known', async () => {
  const { app, catalog } = await openBench();
  catalog.setUnavailable(true);
  const refused = await app.inject(`/v1/map/estimates?${VIEW}`);
  expect([refused.statusCode, refused.json<{ code: string }>().code, refused.headers['retry-after']]).toEqual([
    503,
    'catalog-unavailable',
    '1',
  ]);
  catalog.setUnavailable(false);
  const answered = await app.inject(`/v1/map/estimates?${VIEW}`);
  catalog.setUnavailable(true);
  expect((await app.inject(`/v1/map/estimates?${VIEW}`)).body).toBe(answered.body);
});

test('a database that hangs costs a map no more than the wait for its list, and the list is kept', async () => {
  const { app, catalog, clock } = await openBench();
  const { promise: hang, resolve: letGo } = Promise.withResolvers<void>();
  const homesIn = catalog.homesInTiles.bind(catalog);
  Object.assign(catalog, {
    homesInTiles: (...asked: Parameters<typeof homesIn>) => hang.then(() => homesIn(...asked)),
  });
  const answer = app.inject(`/v1/map/estimates?${VIEW}`);
  await settle();
  await clock.advance(2_000);
  expect([(await answer).statusCode, (await answer).json<{ code: string }>().code]).toEqual([
    503,
    'catalog-unavailable',
  ]);
  letGo();
  await settle();
  catalog.setUnavailable(true);
  expect((await app.inject(`/v1/map/estimates?${VIEW}`)).statusCode).toBe(200);
});
