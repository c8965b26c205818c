import { expect, test } from '@jest/globals';
import { VIEW } from '../testing/addresses.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { settle } from '../testing/reading-bench.ts';

const openBench = apiBenchesOfFile();
const DENSITY = `/v1/map/density?${VIEW}`;
const MAP = `/v1/map/estimates?${VIEW}`;

const hanging = (): Promise<never> => new Promise(() => undefined);

test('a database that hangs costs a map 100 ms while old lists are at hand; where none is, 503 after 2 s', async () => {
  const { app, catalog, clock } = await openBench();
  const [map, density] = [(await app.inject(MAP)).body, (await app.inject(DENSITY)).body];
  await clock.advance(60_000);
  Object.assign(catalog, { homesInTiles: hanging, densityOf: hanging });
  const answers = Promise.all([app.inject(MAP), app.inject(DENSITY)]);
  await settle();
  await clock.advance(100);
  expect((await answers).map(({ statusCode, body }) => [statusCode, body])).toEqual([
    [200, map],
    [200, density],
  ]);
  const unknown = app.inject('/v1/map/estimates?west=10&south=10&east=10.01&north=10.01&zoom=16');
  await settle();
  await clock.advance(2_000);
  const refused = await unknown;
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([503, 'catalog-unavailable']);
});

test('a herd on a view that nobody has listed reads its tiles once, and a herd on its density counts them once', async () => {
  const { app, catalog } = await openBench();
  const reads = { homesInTiles: 0, densityOf: 0 };
  for (const method of ['homesInTiles', 'densityOf'] as const) {
    const read = catalog[method].bind(catalog) as (...args: never[]) => unknown;
    const counted = (...args: never[]): unknown => {
      reads[method] += 1;
      return read(...args);
    };
    Object.assign(catalog, { [method]: counted });
  }
  const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => app.inject(at % 2 === 0 ? MAP : DENSITY)));
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  expect(reads).toEqual({ homesInTiles: 1, densityOf: 1 });
});
