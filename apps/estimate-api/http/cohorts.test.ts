import { describe, expect, test } from '@jest/globals';
import { flagsInForce, type FlagsDocument } from '@porchlight/rollout';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { estimateOf } from '../testing/reading-bench.ts';
import { sessionKeyOf } from '../viewer/session-key.ts';

const openBench = apiBenchesOfFile();

/** The API with these rules; a test may change them. */
async function bench(rules: FlagsDocument['flags']) {
  const document = { rules };
  let [made, flags] = [rules, flagsInForce({ version: 1, changedAt: 0, flags: rules })];
  const now = () => {
    if (document.rules !== made) {
      made = document.rules;
      flags = flagsInForce({ version: 2, changedAt: 0, flags: made });
    }
    return flags;
  };
  const all = await openBench({ flags: now });
  const get = (sessionId?: string, url = '/v1/estimates/p1') =>
    all.app.inject({ url, headers: sessionId === undefined ? {} : { 'x-session-id': sessionId } });
  return { ...all, document, now, get };
}

const half = { percent: 50, cohort: 'on', rest: 'off' };
const keyOf = (sessionId: string) => sessionKeyOf(sessionId, 'a key for tests');

describe('cache.read', () => {
  test('off: each call is paid for and the cache stays empty; on again: the next call fills it, and the one after is a hit', async () => {
    const { get, document, source, cache, metered } = await bench({ 'cache.read': { ...half, percent: 0 } });
    const texts = [(await get('a')).body, (await get('b')).body];
    expect([source.calls, cache.stateOf('p1').value]).toEqual([[['p1'], ['p1']], null]);
    document.rules = { 'cache.read': { ...half, percent: 100 } };
    texts.push((await get('a')).body, (await get('b')).body);
    expect(new Set(texts).size).toBe(1);
    expect(metered.filter((line) => line.startsWith('home') || line.startsWith('single'))).toEqual([
      'home single available miss cache.read=off',
      'single ok cache.read=off',
      'home single available miss cache.read=off',
      'single ok cache.read=off',
      'home single available miss cache.read=on',
      'single ok cache.read=on',
      'home single available hit cache.read=on',
      'single ok cache.read=on',
    ]);
  });

  test('split: each session stays in its cohort, the one that its key is dealt, and the metrics say which', async () => {
    const { get, metered, now } = await bench({ 'cache.read': half });
    const sessions = Array.from({ length: 20 }, (_, at) => `session-${at}`);
    await get('somebody-else');
    metered.length = 0;
    for (const session of [...sessions, ...sessions]) await get(session);
    const seen = metered.flatMap((line) => /^single ok cache\.read=(.*)$/.exec(line)?.[1] ?? []);
    const expected = sessions.map((session) => now().cohortOf('cache.read', keyOf(session)));
    expect(seen).toEqual([...expected, ...expected]);
    expect(new Set(seen)).toEqual(new Set(['on', 'off']));
  });

  test('off still obeys who may see: no value, and no paid call', async () => {
    const { get, home, source } = await bench({ 'cache.read': { ...half, percent: 0 } });
    home('p2', { overrideLevel: 'agent' });
    source.set('p2', estimateOf(1));
    expect(JSON.parse((await get('a', '/v1/estimates/p2')).body)).toMatchObject({ status: 'restricted' });
    expect(source.calls).toEqual([]);
  });

  test('batch and map go around the cache too', async () => {
    const { app, source, metered } = await bench({ 'cache.read': { ...half, percent: 0 } });
    const batch = () => app.inject({ method: 'POST', url: '/v1/estimates:batchGet', payload: { propertyIds: ['p1'] } });
    const map = () => app.inject('/v1/map/estimates?west=-122.301&south=47.599&east=-122.299&north=47.601&zoom=16');
    for (const call of [batch, batch, map, map]) expect((await call()).statusCode).toBe(200);
    expect(source.calls).toEqual(new Array(4).fill(['p1']));
    expect(metered.filter((line) => line.startsWith('home')).map((line) => line.split(' ').slice(1).join(' '))).toEqual(
      [
        ...new Array<string>(2).fill('batch available miss cache.read=off'),
        ...new Array<string>(2).fill('map available miss cache.read=off'),
      ],
    );
  });
});

test('flags that decide nothing here are labels all the same: the plot is of this app', async () => {
  const { get, metered } = await bench({
    'cache.warmup': { ...half, percent: 100 },
    'forecast.strategy': { percent: 100, cohort: 'ring', rest: 'default' },
  });
  await get('a');
  expect(metered).toContain('single ok cache.warmup=on forecast.strategy=ring');
});

test('while nobody has spoken of a flag nothing carries a label', async () => {
  const { get, metered } = await bench({});
  await get('a');
  expect(metered).toContain('single ok');
});

test('a call without a session is a session of its own: its event carries the key that it was dealt by', async () => {
  const { app, events, metered, now } = await bench({ 'cache.warmup': half });
  const url = '/v1/map/estimates?west=-122.301&south=47.599&east=-122.299&north=47.601&zoom=16';
  for (let time = 0; time < 20; time += 1) await app.inject(url);
  const keys = events.map(({ event }) => event.sessionKey);
  expect(new Set(keys).size).toBe(20);
  const seen = metered.flatMap((line) => /^map ok cache\.warmup=(.*)$/.exec(line)?.[1] ?? []);
  expect(seen).toEqual(keys.map((key) => now().cohortOf('cache.warmup', key)));
});

test('a session has the same key in its events whether or not a flag is split', async () => {
  const { app, events, document } = await bench({ 'cache.warmup': half });
  const url = '/v1/map/estimates?west=-122.301&south=47.599&east=-122.299&north=47.601&zoom=16';
  const ask = () => app.inject({ url, headers: { 'x-session-id': 'a' } });
  await ask();
  document.rules = {};
  await ask();
  expect(events.map(({ event }) => event.sessionKey)).toEqual([keyOf('a'), keyOf('a')]);
});

test('what is refused before anybody is dealt out carries no label, and never a session', async () => {
  const { app, metered } = await bench({ 'cache.read': half });
  await app.inject({ url: '/v1/estimates/p1', headers: { authorization: 'Bearer bad', 'x-session-id': 'secret-id' } });
  expect(metered).toContain('single bad-token');
  expect(metered.join()).not.toContain('secret-id');
});
