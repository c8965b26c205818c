import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/stream';
import type { RateLimits } from '../limits/port.ts';
import { createRateLimits } from '../limits/rate-limits.ts';
import type { ApiBenchOptions } from '../testing/api-bench.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { estimateOf } from '../testing/reading-bench.ts';
import { ViewerRefused } from '../viewer/viewer.ts';

const openBench = apiBenchesOfFile();

const SECRET = 'a key for tests';
const limitsOf =
  (units: { address?: number; caller?: number; service?: number }) =>
  (clock: ManualClock): RateLimits => {
    const counts = new Map<string, number>();
    return createRateLimits({
      policies: [
        { name: 'address', units: units.address ?? 0 },
        { name: 'caller', units: units.caller ?? 0 },
        { name: 'service', units: units.service ?? 0 },
      ],
      windowMs: 10_000,
      store: {
        add(policy, key, added) {
          counts.set(policy + key, (counts.get(policy + key) ?? 0) + added);
          return Promise.resolve({
            consumed: counts.get(policy + key) ?? 0,
            endsInMs: 10_000 - (clock.now() % 10_000),
          });
        },
        forget: () => undefined,
      },
      hmacKey: SECRET,
      clock,
    });
  };

async function bench(units: Parameters<typeof limitsOf>[0], options: ApiBenchOptions = {}) {
  const all = await openBench({ rateLimits: limitsOf(units), ...options });
  all.home('p2');
  all.source.set('p2', estimateOf(1));
  const ask = async (headers: Record<string, string> = {}, from = '192.0.2.1', url = '/v1/estimates/p1') =>
    await all.app.inject({ url, headers, remoteAddress: from });
  const statuses = async (times: number, headers: Record<string, string> = {}, from?: string) => {
    const seen: number[] = [];
    for (let time = 0; time < times; time += 1) seen.push((await ask(headers, from)).statusCode);
    return seen;
  };
  return { ...all, ask, statuses };
}

const BATCH = '/v1/estimates:batchGet';

describe('without a token', () => {
  test('an address gets what its limit says, and is told of it; another address is not concerned', async () => {
    const { ask, statuses } = await bench({ address: 3 });
    const first = await ask();
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"address";q=3;w=10', ratelimit: '"address";r=2;t=10' });
    expect(await statuses(4)).toEqual([200, 200, 429, 429]);
    expect(await statuses(1, {}, '192.0.2.2')).toEqual([200]);
  });

  test('a refusal is a problem document that names the limit, and says when to come again; nothing was read for it', async () => {
    const { ask, statuses, clock, source, metered } = await bench({ address: 1 });
    await statuses(1);
    await clock.advance(2_500);
    const calls = source.calls.length;
    metered.length = 0;
    const refused = await ask();
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toEqual({
      type: 'urn:porchlight:problem:rate-limited',
      title: 'Too much was asked; Retry-After says when to come again',
      status: 429,
      code: 'rate-limited',
      detail: 'the limit "address" is used up; Retry-After says for how long',
      instance: `urn:porchlight:request:${String(refused.headers['x-request-id'])}`,
      'violated-policies': ['address'],
    });
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '8',
      ratelimit: '"address";r=0;t=8',
      'cache-control': 'private, no-store',
    });
    expect([source.calls.length, metered]).toEqual([
      calls,
      ['limited address', 'GET /v1/estimates/:propertyId 429', 'single rate-limited'],
    ]);
    await clock.advance(7_500);
    expect(await statuses(2)).toEqual([200, 429]);
  });

  test('an address that is refused costs no look at a token that nobody has seen; one that was seen goes on', async () => {
    const { ask, statuses, bearer } = await bench({ address: 1, caller: 100 });
    const known = { authorization: await bearer({ role: 'agent', sub: 'ada' }) };
    const fresh = { authorization: await bearer({ role: 'agent', sub: 'bob' }) };
    expect((await ask(known)).statusCode).toBe(200);
    expect(await statuses(2)).toEqual([200, 429]);
    expect([(await ask(known)).statusCode, (await ask(fresh)).statusCode]).toEqual([200, 429]);
    expect((await ask(fresh, '192.0.2.2')).statusCode).toBe(200);
  });

  test('a burst of made-up tokens from one address has as many looked at as the address may ask, and no more', async () => {
    const looked: string[] = [];
    const { promise, resolve: letGo } = Promise.withResolvers<void>();
    const { ask } = await bench(
      { address: 3 },
      {
        viewerOf: (headers, mayVerify) => {
          mayVerify?.();
          looked.push(String(headers.authorization));
          return promise.then(() => {
            throw new ViewerRefused('bad-token', 'a test');
          });
        },
      },
    );
    const answers = Array.from({ length: 10 }, (_, at) => ask({ authorization: `Bearer made-up-${at}` }));
    const refused = await Promise.all(answers.slice(3));
    expect(refused.map(({ statusCode }) => statusCode)).toEqual(new Array(7).fill(429));
    letGo();
    expect((await Promise.all(answers.slice(0, 3))).map(({ statusCode }) => statusCode)).toEqual([401, 401, 401]);
    expect([looked.length, (await ask()).statusCode]).toEqual([3, 429]);
  });

  test('what was held while tokens were looked at is given back for those of known callers', async () => {
    const { ask, statuses, bearer } = await bench({ address: 2, caller: 10 });
    const tokens = await Promise.all(['ada', 'bob'].map((sub) => bearer({ role: 'agent', sub })));
    const seen = await Promise.all(tokens.map((authorization) => ask({ authorization })));
    expect(seen.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect(await statuses(3)).toEqual([200, 200, 429]);
  });

  test('refused tokens count for their address', async () => {
    const { statuses, ask } = await bench({ address: 3, caller: 100 });
    const bad = { authorization: 'Bearer a.b.c' };
    expect(await statuses(5, bad)).toEqual([401, 401, 401, 429, 429]);
    expect((await ask(bad, '192.0.2.2')).headers.ratelimit).toBe('"address";r=2;t=10');
  });
});

describe('with a token', () => {
  test('its subject is counted wherever it asks from, in whatever role, and its neighbours are not', async () => {
    const { statuses, bearer } = await bench({ address: 1, caller: 3 });
    const as = async (sub: string, role = 'agent') => ({ authorization: await bearer({ role, sub }) });
    expect(await statuses(2, await as('ada'), '192.0.2.1')).toEqual([200, 200]);
    expect(await statuses(2, await as('ada', 'verified'), '192.0.2.2')).toEqual([200, 429]);
    expect(await statuses(1, await as('bob'), '192.0.2.1')).toEqual([200]);
    expect(await statuses(1, {}, '192.0.2.1')).toEqual([200]);
  });

  test('a fresh token does not help a caller who has used up the limit, and costs nobody else', async () => {
    const { ask, statuses, bearer } = await bench({ address: 2, caller: 1 });
    const tokens = await Promise.all(['agent', 'verified'].map((role) => bearer({ role, sub: 'ada' })));
    const [first, second] = tokens.map((authorization) => ({ authorization }));
    expect((await ask(first)).statusCode).toBe(200);
    const refused = await ask(second);
    expect([refused.statusCode, refused.headers.ratelimit]).toEqual([429, '"caller";r=0;t=10']);
    expect(await statuses(3)).toEqual([200, 200, 429]);
  });

  test('a service is counted as one, by a limit of its own, whomever it renders for', async () => {
    const { statuses, bearer, ask } = await bench({ address: 1, caller: 1, service: 4 });
    const authorization = await bearer({ role: 'unregistered', sub: 'mailer', scope: 'estimates:act-as' });
    expect((await ask({ authorization, 'x-viewer-role': 'agent' })).headers.ratelimit).toBe('"service";r=3;t=10');
    expect(await statuses(4, { authorization, 'x-viewer-role': 'verified' })).toEqual([200, 200, 200, 429]);
  });

  test('a token that names nobody is counted by its address', async () => {
    const { statuses, bearer } = await bench({ address: 2, caller: 1 });
    expect(await statuses(3, { authorization: await bearer({ role: 'agent' }) })).toEqual([200, 200, 429]);
  });
});

describe('what a call costs', () => {
  test('a unit for the call, and one for each further hundred homes', async () => {
    const { app, home } = await bench({ address: 100 });
    for (let at = 0; at < 101; at += 1) home(`m${at}`, { latitude: 51, longitude: 10 });
    const leftAfter = async (homes: number) => {
      const propertyIds = Array.from({ length: homes }, (_, at) => `ghost-${at}`);
      const answer = await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds, deadlineMs: 0 } });
      return answer.headers.ratelimit;
    };
    const left: unknown[] = [];
    for (const homes of [1, 100, 101, 500]) left.push(await leftAfter(homes));
    const view = 'west=9.99&south=50.99&east=10.01&north=51.01&zoom=16';
    left.push((await app.inject(`/v1/map/estimates?${view}&limit=100&deadlineMs=0`)).headers.ratelimit);
    left.push((await app.inject(`/v1/map/estimates?${view}&deadlineMs=0`)).headers.ratelimit);
    left.push((await app.inject(`/v1/map/density?${view}`)).headers.ratelimit);
    expect(left).toEqual([99, 98, 96, 91, 90, 88, 87].map((units) => `"address";r=${units};t=10`));
  });

  test('health, the document and what is not there are not counted', async () => {
    const { ask, statuses } = await bench({ address: 1 });
    for (const url of ['/livez', '/readyz', '/openapi.json', '/nowhere']) {
      expect((await ask({}, '192.0.2.1', url)).headers.ratelimit).toBeUndefined();
    }
    expect(await statuses(2)).toEqual([200, 429]);
  });
});

describe('behind a proxy', () => {
  const proxied = (from: string) => ({ 'x-forwarded-for': from });

  test('the address that a trusted proxy names is counted, the nearest that is no proxy of ours', async () => {
    const { statuses } = await bench({ address: 1 }, { web: { trustedProxies: ['10.0.0.0/24'] } });
    expect(await statuses(1, proxied('203.0.113.1'), '10.0.0.5')).toEqual([200]);
    expect(await statuses(1, proxied('203.0.113.1'), '10.0.0.6')).toEqual([429]);
    expect(await statuses(1, proxied('203.0.113.2, 10.0.0.7'), '10.0.0.5')).toEqual([200]);
    // What a caller has put before it is not believed.
    expect(await statuses(1, proxied('198.51.100.9, 203.0.113.2'), '10.0.0.5')).toEqual([429]);
    expect(await statuses(1, proxied('2001:db8:1:2::1'), '10.0.0.5')).toEqual([200]);
    expect(await statuses(1, proxied('2001:db8:1:2:ffff::9'), '10.0.0.5')).toEqual([429]);
  });

  test.each([[[]], [['10.0.0.0/24']]])(
    'whoever is none of ours (%p) is counted by its connection, whatever it says',
    async (trustedProxies) => {
      const { statuses } = await bench({ address: 1 }, { web: { trustedProxies } });
      expect(await statuses(1, proxied('203.0.113.1'), '192.0.2.1')).toEqual([200]);
      expect(await statuses(1, proxied('203.0.113.2'), '192.0.2.1')).toEqual([429]);
    },
  );

  test('a peer that is not named and forwards is told of once, with what to do, and without an address', async () => {
    const { statuses, logged } = await bench({ address: 9 }, { web: { trustedProxies: ['10.0.0.0/24'] } });
    await statuses(1, {}, '192.0.2.1');
    await statuses(1, proxied('203.0.113.1'), '10.0.0.5');
    await statuses(1, proxied('10.0.0.5'), '10.0.0.5'); // it asks for itself
    for (const nobody of ['', ' ', ' , ']) await statuses(1, proxied(nobody), '192.0.2.1');
    expect(logged).toEqual([]);
    await statuses(2, proxied('203.0.113.1'), '192.0.2.1');
    expect(logged).toEqual([{ code: 'PROXY_NOT_TRUSTED' }]);
  });

  test('what is no address counts as the proxy that said it', async () => {
    const { statuses } = await bench({ address: 2 }, { web: { trustedProxies: ['10.0.0.0/24'] } });
    expect(await statuses(1, proxied('unknown'), '10.0.0.5')).toEqual([200]);
    expect(await statuses(1, proxied('_secret'), '10.0.0.5')).toEqual([200]);
    expect(await statuses(1, proxied('"x'), '10.0.0.5')).toEqual([429]);
  });
});

test('neither callers nor addresses are in a log, a metric or an answer', async () => {
  const { ask, statuses, bearer, logged, metered } = await bench({ address: 2, caller: 1 });
  const authorization = await bearer({ role: 'agent', sub: 'ada-lovelace' });
  await statuses(3);
  const answers = [await ask({ authorization }, '192.0.2.7'), await ask({ authorization }, '192.0.2.7'), await ask()];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 429, 429]);
  const told = JSON.stringify([answers.map(({ headers, body }) => [headers, body]), logged, metered]);
  expect(told).not.toMatch(/ada-lovelace|192\.0\.2/);
});
