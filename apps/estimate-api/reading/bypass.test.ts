import { expect, test } from '@jest/globals';
import type { Role } from '@porchlight/visibility';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

function bench(...options: Parameters<typeof benchOfOneHome>) {
  const all = benchOfOneHome(...options);
  const around = (propertyIds: string | string[], ask: { role?: Role; deadlineMs?: number } = {}) =>
    all.reader.read({
      propertyIds: [propertyIds].flat(),
      role: 'agent',
      deadlineMs: 1_000,
      ...ask,
      bypassesCache: true,
    });
  const touched: string[] = [];
  const cacheCalls = ['read', 'acquire', 'fill', 'touch', 'invalidate', 'release', 'forget'] as const;
  Object.assign(all.beforeCache, Object.fromEntries(cacheCalls.map((name) => [name, () => void touched.push(name)])));
  return { ...all, around, touched };
}

test('each read is paid for, and nothing is read from the cache or stored in it', async () => {
  const { around, source, touched, counted } = bench();
  expect(shown(await around('p1'))).toEqual([`p1 available ${VALUE}`]);
  expect((await around('p1')).map(({ source: from }) => from)).toEqual(['miss']);
  expect([source.calls, touched, counted]).toEqual([[['p1'], ['p1']], [], { 'call:ok:bypass': 2 }]);
});

test('what others have cached is not seen, and stays as it is', async () => {
  const { around, read, plant, source } = bench();
  await plant('p1', { valueUsd: 700_000 });
  expect(shown(await around('p1'))).toEqual([`p1 available ${VALUE}`]);
  expect(shown(await read('p1'))).toEqual([`p1 available ${jsonOfValue(700_000)}`]);
  expect(source.calls).toEqual([['p1']]);
});

test('who asks while a home is being paid for shares the call, under facts of its own', async () => {
  const { around, source, catalog } = bench();
  const letGo = source.hold();
  const first = around('p1', { role: 'verified' });
  await settle();
  await catalog.setOverride('p1', 'agent'); // hidden, and acknowledged, before the second one asks
  const second = around('p1', { role: 'verified' });
  const third = around(['p1', 'p1'], { role: 'agent' });
  await settle();
  letGo();
  expect(shown(await second)).toEqual(['p1 restricted agent']);
  expect(shown(await third)).toEqual(new Array(2).fill(`p1 available ${VALUE}`));
  expect(shown(await first)).toEqual([`p1 available ${VALUE}`]); // it began before
  expect(source.calls).toEqual([['p1']]);
});

test('a viewer who may not see a value never causes a paid call', async () => {
  const { around, source, home } = bench();
  home('p2', { overrideLevel: 'agent' });
  source.set('p2', estimateOf(1));
  expect(shown(await around(['p2', 'ghost'], { role: 'verified' }))).toEqual(['p2 restricted agent', 'ghost unknown']);
  expect(source.calls).toEqual([]);
});

test('250 homes are three calls of at most 100 side by side, and one that upstream does not have is none', async () => {
  const { around, source, home } = bench();
  const ids = Array.from({ length: 250 }, (_, at) => `h${at}`);
  for (const id of ids) home(id);
  const results = await around(ids);
  expect([...new Set(results.map(({ status }) => status))]).toEqual(['none']);
  expect(source.calls.map((call) => call.length)).toEqual([100, 100, 50]);
});

test('the deadline is kept: what is known by then is told, the rest is pending, and the next call pays anew', async () => {
  const { around, source, home, clock } = bench();
  home('p2', { overrideLevel: 'agent' });
  const letGo = source.hold();
  const answer = around(['p1', 'p2'], { role: 'verified', deadlineMs: 250 });
  await settle();
  await clock.advance(250);
  expect(shown(await answer)).toEqual(['p1 pending', 'p2 restricted agent']);
  letGo();
  await settle();
  expect(shown(await around('p1'))).toEqual([`p1 available ${VALUE}`]);
  expect(source.calls).toHaveLength(2);
});

test('a deadline of 0 asks for what is cached alone: nothing', async () => {
  const { around, source, touched } = bench();
  expect(shown(await around('p1', { deadlineMs: 0 }))).toEqual(['p1 pending']);
  expect([source.calls, touched]).toEqual([[], []]);
});

test('facts that come after the deadline pay for nothing', async () => {
  const { around, source, clock, beforeCatalog } = bench();
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  Object.assign(beforeCatalog, { factsOf: () => held });
  const answer = around('p1', { deadlineMs: 100 });
  await settle();
  await clock.advance(100);
  expect(shown(await answer)).toEqual(['p1 pending']);
  letGo();
  await settle();
  expect(source.calls).toEqual([]);
});

test('an upstream or a database that fails costs pending, and nobody is left waiting', async () => {
  const { around, source, beforeCatalog, counted } = bench();
  source.failAlways(Object.assign(new Error('a test'), { code: 'SOURCE_UNAVAILABLE', fate: 'retry' }));
  expect(shown(await around('p1'))).toEqual(['p1 pending']);
  Object.assign(beforeCatalog, { factsOf: () => Promise.reject(new Error('down')) });
  expect(shown(await around('p1'))).toEqual(['p1 pending']);
  expect(counted).toEqual({ 'call:SOURCE_UNAVAILABLE:bypass': 1 });
});

test('homes at once are bounded: what comes above is pending at once, and there is room again later', async () => {
  const { around, source, home } = bench({ limits: { flightsMax: 2 } });
  for (const id of ['p2', 'p3']) home(id);
  const letGo = source.hold();
  const first = around(['p1', 'p2', 'p3']);
  await settle();
  expect(shown(await around('p3'))).toEqual(['p3 pending']);
  letGo();
  expect((await first).map(({ status }) => status)).toEqual(['available', 'none', 'pending']);
  expect(shown(await around('p3'))).toEqual(['p3 none']);
});

test('paid calls a second are bounded, whatever sessions are made up: what comes above is pending, and facts are told all the same', async () => {
  const { around, source, home, clock, counted } = bench({ limits: { bypassesPerSMax: 2 } });
  home('hidden', { overrideLevel: 'agent' });
  for (let time = 0; time < 2; time += 1) expect(shown(await around('p1'))).toEqual([`p1 available ${VALUE}`]);
  expect(shown(await around(['p1', 'hidden'], { role: 'verified' }))).toEqual([
    'p1 pending',
    'hidden restricted agent',
  ]);
  expect([source.calls.length, counted]).toEqual([2, { 'call:ok:bypass': 2, 'call:BYPASS_OVER_RATE:bypass': 1 }]);
  await clock.advance(500);
  expect(shown(await around('p1'))).toEqual([`p1 available ${VALUE}`]);
  expect(shown(await around('p1'))).toEqual(['p1 pending']);
});
