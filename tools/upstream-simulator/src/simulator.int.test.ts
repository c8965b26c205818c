import { afterEach, describe, expect, test } from '@jest/globals';
import { createSimulator, type Simulator, type SimulatorOptions } from './index.ts';

const open: Simulator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const NOW = 1_800_000_000_000;
async function started(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const fixed = { kind: 'fixed', latencyMs: 0 } as const;
  const simulator = await createSimulator({ apiKey: 'key', latency: fixed, nowMs: () => NOW, ...options });
  open.push(simulator);
  return simulator;
}

const call = (simulator: Simulator, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${simulator.url}/v1/estimates:batchGet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'key', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const admin = async (
  simulator: Simulator,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> => {
  const json =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${simulator.url}/admin/${path}`, { method, ...json });
  return { status: response.status, body: await response.json() };
};

const ids = (many: number): string[] => Array.from({ length: many }, (_, index) => `p${index}`);

describe('batchGet', () => {
  test('answers what it has, names what it has not, in the shape of the contract', async () => {
    const simulator = await started();
    simulator.load([
      { propertyId: 'a', valueUsd: 500_000 },
      { propertyId: 'b', valueUsd: null },
    ]);
    const response = await call(simulator, { propertyIds: ['a', 'b', 'never-loaded'] });
    expect(response.status).toBe(200);
    const body = (await response.json()) as { estimates: Record<string, unknown>[]; missing: string[] };
    expect(body.missing).toEqual(['b', 'never-loaded']);
    expect(body.estimates).toEqual([
      {
        propertyId: 'a',
        estimateVersion: 1,
        valueUsd: 500_000,
        lowUsd: expect.any(Number),
        highUsd: expect.any(Number),
        computedAt: NOW,
      },
    ]);
  });

  test('bills each 200: one request, and an item for each id asked for, missing ones too', async () => {
    const simulator = await started();
    simulator.load([{ propertyId: 'p0', valueUsd: 1_000 }]);
    await call(simulator, { propertyIds: ['p0'] }, { 'x-porchlight-lane': 'sync' });
    await call(simulator, { propertyIds: ids(100) }, { 'x-porchlight-lane': 'warm' });
    await call(simulator, { propertyIds: ['p0', 'p0'] });
    expect((await admin(simulator, 'GET', 'meter')).body).toEqual({
      billedRequests: 3,
      billedItems: 103,
      single: { requests: 1, items: 1 },
      multi: { requests: 2, items: 102 },
      lanes: {
        sync: { requests: 1, items: 1 },
        warm: { requests: 1, items: 100 },
        untagged: { requests: 1, items: 2 },
      },
      refused: {},
      resetAt: NOW,
    });
    await admin(simulator, 'POST', 'meter/reset');
    expect(simulator.meter.read().billedRequests).toBe(0);
  });

  test('lists billed calls with what each asked for, until the meter is reset', async () => {
    const simulator = await started({ callsKeptMax: 2 });
    await call(simulator, { propertyIds: ['p0'] });
    await call(simulator, { propertyIds: ['p1', 'p2'] }, { 'x-porchlight-lane': 'background' });
    await call(simulator, { propertyIds: [] });
    await call(simulator, { propertyIds: ['p3'] });
    const when = { askedAt: NOW, billedAt: NOW };
    expect((await admin(simulator, 'GET', 'calls')).body).toEqual({
      calls: [
        { ...when, lane: 'background', propertyIds: ['p1', 'p2'] },
        { ...when, lane: null, propertyIds: ['p3'] },
      ],
      forgotten: 1,
    });
    await admin(simulator, 'POST', 'meter/reset');
    expect((await admin(simulator, 'GET', 'calls')).body).toEqual({ calls: [], forgotten: 0 });
  });

  test.each([
    [{ propertyIds: [] }, 'no-property-ids'],
    [{ propertyIds: ids(101) }, 'too-many-property-ids'],
    [{ propertyIds: ['fine', 'not fine'] }, 'bad-property-id'],
    [{ propertyIds: ['a', 7] }, 'bad-property-id'],
    [{ propertyIds: 'a' }, 'bad-body'],
    ['null', 'bad-body'],
    ['{', 'bad-json'],
    ['', 'bad-json'],
  ])('refuses %j with a problem, unbilled', async (body, code) => {
    const simulator = await started();
    const response = await call(simulator, body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ status: 400, code });
    expect(simulator.meter.read()).toMatchObject({ billedRequests: 0, refused: { 400: 1 } });
  });

  test('refuses a wrong or missing key, a huge body, another content type and another path', async () => {
    const simulator = await started();
    const refusals = [
      await call(simulator, { propertyIds: ['a'] }, { 'x-api-key': 'other' }),
      await call(simulator, { propertyIds: ['x'.repeat(70_000)] }),
      await call(simulator, 'a', { 'content-type': 'text/csv' }),
      await fetch(`${simulator.url}/v1/estimates`),
    ];
    const codes = await Promise.all(refusals.map(async (each) => ((await each.json()) as { code: string }).code));
    expect(refusals.map(({ status }) => status)).toEqual([401, 413, 415, 404]);
    expect(codes).toEqual(['bad-api-key', 'body-too-large', 'unsupported-media-type', 'not-found']);
  });

  test('answers 429 with Retry-After above the rate, unbilled', async () => {
    const simulator = await started({ ratePerS: 0.5, burst: 2 });
    const responses = [];
    for (let each = 0; each < 3; each += 1) responses.push(await call(simulator, { propertyIds: ['a'] }));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(responses[2]?.headers.get('retry-after')).toBe('2');
    expect(await responses[2]?.json()).toMatchObject({ code: 'rate-limited' });
    expect(simulator.meter.read()).toMatchObject({ billedRequests: 2, refused: { 429: 1 } });
  });
});

describe('faults', () => {
  test('a status, then none: the failed call is not billed', async () => {
    const simulator = await started();
    await admin(simulator, 'PUT', 'faults', { status: 503, retryAfterS: 4 });
    const failed = await call(simulator, { propertyIds: ['a'] });
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '4']);
    await admin(simulator, 'DELETE', 'faults');
    expect((await call(simulator, { propertyIds: ['a'] })).status).toBe(200);
    expect(simulator.meter.read()).toMatchObject({ billedRequests: 1, refused: { 503: 1 } });
  });

  test('an error rate fails about that share', async () => {
    const simulator = await started();
    simulator.setFaults({ errorRate: 0.3 });
    for (let each = 0; each < 200; each += 1) await call(simulator, { propertyIds: ['a'] });
    const failed = simulator.meter.read().refused[503] ?? 0;
    expect(failed).toBeGreaterThan(40);
    expect(failed).toBeLessThan(80);
  });

  test.each(['not-json', 'wrong-shape', 'cut-short', 'strangers'] as const)(
    '%s is a billed 200 that cannot be used',
    async (wrongBytes) => {
      const simulator = await started();
      simulator.load([{ propertyId: 'a', valueUsd: 1_000 }]);
      const right = await (await call(simulator, { propertyIds: ['a'] })).text();
      simulator.setFaults({ wrongBytes });
      const response = await call(simulator, { propertyIds: ['a'] });
      expect(response.status).toBe(200);
      expect(await response.text()).not.toBe(right);
      expect(simulator.meter.read().billedRequests).toBe(2);
    },
  );

  test('refuse what they do not know', async () => {
    const simulator = await started();
    expect(await admin(simulator, 'PUT', 'faults', { explode: true })).toMatchObject({
      status: 400,
      body: { code: 'bad-body' },
    });
    expect(await admin(simulator, 'PUT', 'faults', { errorRate: 2 })).toMatchObject({ status: 400 });
    expect((await admin(simulator, 'GET', 'faults')).body).toEqual({});
  });

  const untilHung = async (simulator: Simulator, wanted: number): Promise<void> => {
    for (let tries = 0; simulator.hung() !== wanted; tries += 1) {
      if (tries > 1_000) throw new Error(`${simulator.hung()} calls hang, not ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  test('a call that hangs ends when the simulator closes, unbilled', async () => {
    const simulator = await started();
    simulator.setFaults({ hang: true });
    const hanging = call(simulator, { propertyIds: ['a'] });
    const outcome = expect(hanging).rejects.toThrow();
    await untilHung(simulator, 1);
    await simulator.close();
    open.pop();
    await outcome;
    expect(simulator.meter.read()).toMatchObject({ billedRequests: 0, refused: { hung: 1 } });
  });

  test('a caller that gives up leaves nothing behind', async () => {
    const simulator = await started();
    simulator.setFaults({ hang: true });
    const giveUp = new AbortController();
    const hanging = fetch(`${simulator.url}/v1/estimates:batchGet`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'key' },
      body: '{"propertyIds":["a"]}',
      signal: giveUp.signal,
    });
    const outcome = expect(hanging).rejects.toThrow();
    await untilHung(simulator, 1);
    giveUp.abort();
    await outcome;
    await untilHung(simulator, 0);
  });
});

describe('the market', () => {
  test('a load that says the same again changes nothing, another value raises the version', async () => {
    const simulator = await started();
    expect((await admin(simulator, 'POST', 'load', [{ propertyId: 'a', valueUsd: 100 }])).body).toEqual({
      changed: 1,
      homes: 1,
    });
    await admin(simulator, 'POST', 'revalue', { propertyIds: ['a'] });
    expect((await admin(simulator, 'POST', 'load', [{ propertyId: 'a', valueUsd: 100 }])).body).toEqual({
      changed: 0,
      homes: 1,
    });
    expect(simulator.estimateOf('a')?.estimateVersion).toBe(2);
    await admin(simulator, 'POST', 'load', [{ propertyId: 'a', valueUsd: 200 }]);
    expect(simulator.estimateOf('a')).toMatchObject({ estimateVersion: 3, valueUsd: 200 });
  });

  test('a re-valuation answers with what is served from then on, and skips homes without an estimate', async () => {
    const simulator = await started();
    simulator.load([
      { propertyId: 'a', valueUsd: 500_000 },
      { propertyId: 'none', valueUsd: null },
    ]);
    const { body } = await admin(simulator, 'POST', 'revalue', { propertyIds: ['a', 'none', 'never-loaded'] });
    expect(body).toEqual({ estimates: [simulator.estimateOf('a')], skipped: ['none', 'never-loaded'] });
    expect(simulator.estimateOf('a')?.estimateVersion).toBe(2);
  });

  test('a share re-values about that many homes', async () => {
    const simulator = await started();
    simulator.load(ids(2_000).map((propertyId) => ({ propertyId, valueUsd: 300_000 })));
    const { estimates } = simulator.revalue({ share: 0.1 });
    expect(estimates.length).toBeGreaterThan(150);
    expect(estimates.length).toBeLessThan(250);
    expect(new Set(estimates.map(({ estimateVersion }) => estimateVersion))).toEqual(new Set([2]));
  });

  test('a withdrawn estimate is missing until it is valued again, and its version never goes back', async () => {
    const simulator = await started();
    simulator.load([{ propertyId: 'a', valueUsd: 500_000 }]);
    expect((await admin(simulator, 'POST', 'withdraw', { propertyIds: ['a', 'b'] })).body).toEqual({
      withdrawn: [{ propertyId: 'a', estimateVersion: 2 }],
      skipped: ['b'],
    });
    expect(await (await call(simulator, { propertyIds: ['a'] })).json()).toEqual({ estimates: [], missing: ['a'] });
    expect(simulator.withdraw(['a']).skipped).toEqual(['a']);
    expect(simulator.revalue({ propertyIds: ['a'] }).estimates[0]?.estimateVersion).toBe(3);
  });

  test.each([
    ['load', []],
    ['load', [{ propertyId: 'a', valueUsd: -1 }]],
    ['load', [{ propertyId: 'a b', valueUsd: 1 }]],
    ['revalue', {}],
    ['revalue', { share: 1.5 }],
    ['withdraw', { propertyIds: [] }],
  ])('%s refuses %j', async (path, body) => {
    const simulator = await started();
    expect(await admin(simulator, 'POST', path, body)).toMatchObject({ status: 400, body: { code: 'bad-body' } });
  });

  test('the metrics page says how many homes there are', async () => {
    const simulator = await started();
    simulator.load([{ propertyId: 'a', valueUsd: 1 }]);
    const page = await (await fetch(`${simulator.url}/metrics`)).text();
    expect(page).toContain('porchlight_upstream_simulator_homes 1');
  });
});
