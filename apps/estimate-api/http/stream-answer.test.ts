import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RateLimits } from '../limits/port.ts';
import { BATCH, VIEW } from '../testing/addresses.ts';
import type { ApiBenchOptions } from '../testing/api-bench.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { eventually } from '../testing/eventually.ts';
import { estimateOf, settle } from '../testing/reading-bench.ts';
import {
  EVENT_STREAM,
  NDJSON,
  askForStream,
  openStream,
  type SeenStream,
  type StreamCall,
} from '../testing/stream-client.ts';

const opened: { leave(): void }[] = [];
afterEach(() => {
  for (const stream of opened.splice(0)) stream.leave(); // else a stop would wait for those that a failed test left
});
const openBench = apiBenchesOfFile();
const open = async (call: StreamCall): Promise<SeenStream> => {
  const stream = await openStream(call);
  opened.push(stream);
  return stream;
};
const MAP = `/v1/map/estimates?${VIEW}`;
const FORMATS = [EVENT_STREAM, NDJSON] as const;

/** A bench that listens, with homes that upstream knows; those of `cached` are cached. */
async function bench(ids: readonly string[] = ['p1'], cached: readonly string[] = [], options?: ApiBenchOptions) {
  const all = await openBench(options);
  for (const id of ids) {
    if (id !== 'p1') all.home(id);
    all.source.set(id, estimateOf(1));
  }
  for (const id of cached) await all.plant(id);
  await all.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = all.app.server.address() as AddressInfo;
  return {
    ...all,
    port,
    batch: (propertyIds: readonly string[], accept: string = NDJSON, more: object = {}) =>
      open({ port, path: BATCH, accept, body: { propertyIds, ...more } }),
    map: (accept: string = NDJSON, query = '', headers = {}) => open({ port, path: `${MAP}${query}`, accept, headers }),
  };
}

const seenIn = ({ events }: SeenStream): string[] => events.map(({ event, data }) => `${event} ${data}`);
interface Told {
  readonly propertyId: string;
  readonly status: string;
}

/** `p1 available`, for each home that came. */
const homesIn = ({ events }: SeenStream): string[] =>
  events.flatMap(({ event, data }) => {
    if (event !== 'result' && event !== 'home') return [];
    const told = JSON.parse(data) as Told & { readonly result?: Told };
    const { propertyId, status } = told.result ?? told;
    return [`${propertyId} ${status}`];
  });

/** Limits that are far from used up. */
const limitsThatNote = (charged: number[]): RateLimits => ({
  accountOf: () => ({
    policy: { name: 'address', units: 100 },
    isExhausted: () => false,
    charge: (units) => void charged.push(units),
    hold: () => () => undefined,
    left: () => ({ units: 42, endsInMs: 7_000 }),
  }),
  settled: () => Promise.resolve(),
  stop: () => undefined,
});

describe.each(FORMATS)('as %s', (accept) => {
  test('hits come first, misses as they arrive, then the end', async () => {
    const { batch, source } = await bench(['m', 'h'], ['h']);
    const release = source.hold();
    const stream = await batch(['m', 'h', 'ghost'], accept);
    await stream.comes(2); // that there is no ghost is known before upstream answers
    expect(homesIn(stream)).toEqual(['h available', 'ghost unknown']);
    release();
    expect(await stream.ended()).toBe(true);
    expect([stream.status, stream.headers['content-type'], homesIn(stream).slice(2)]).toEqual([
      200,
      accept,
      ['m available'],
    ]);
    expect(seenIn(stream).at(-1)).toBe('end {"reason":"complete","pending":0}');
  });

  test('each home has the very bytes that it has in a JSON answer, on the map with its place', async () => {
    const { batch, map, home, plant, app } = await bench(['h1', 'h2'], ['h1', 'h2']);
    home('hidden', { overrideLevel: 'agent' });
    home('nobody', { overrideLevel: 'nobody' });
    await plant('hidden');
    const ids = ['h1', 'h2', 'hidden', 'nobody', 'ghost'];
    const stream = await batch(ids, accept);
    await stream.ended();
    const told = stream.events.filter(({ event }) => event === 'result').map(({ data }) => data);
    const whole = await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ids } });
    for (const line of told) expect(whole.body).toContain(line);
    expect(`{"results":[${[...told].sort().join(',')}],"pending":0}`).toHaveLength(whole.body.length);
    const mapped = await map(accept);
    await mapped.ended();
    const homes = mapped.events.filter(({ event }) => event === 'home').map(({ data }) => data);
    const wholeMap = (await app.inject(MAP)).body;
    for (const line of homes) expect(wholeMap).toContain(line);
    expect(`{"homes":[${homes.join(',')}],"truncated":false,"pending":0}`).toHaveLength(wholeMap.length);
    expect(seenIn(mapped).at(-1)).toBe('end {"reason":"complete","truncated":false,"pending":0}');
  });

  test('at the deadline the rest is pending, the end says so, and the fetch fills the cache', async () => {
    const { batch, clock, source, reader } = await bench(['m1', 'm2', 'h'], ['h']);
    const release = source.hold();
    const stream = await batch(['m1', 'm2', 'h'], accept, { deadlineMs: 300 });
    await stream.comes(1);
    await clock.advance(299);
    await settle();
    expect(stream.events).toHaveLength(1);
    await clock.advance(1);
    expect(await stream.ended()).toBe(true);
    expect([homesIn(stream), seenIn(stream).at(-1)]).toEqual([
      ['h available', 'm1 pending', 'm2 pending'],
      'end {"reason":"deadline","pending":2}',
    ]);
    release();
    await reader.settled();
    const again = await batch(['m1', 'm2'], accept, { deadlineMs: 0 });
    await again.ended();
    expect(homesIn(again)).toEqual(['m1 available', 'm2 available']);
  });

  test('a map that shows a part says so at its end, and a map without homes is an end alone', async () => {
    const { map, port } = await bench(['p1', 'p2', 'p3'], ['p1', 'p2']);
    const part = await map(accept, '&limit=1');
    await part.ended();
    expect(seenIn(part).at(-1)).toBe('end {"reason":"complete","truncated":true,"pending":0}');
    const sea = await open({ port, path: '/v1/map/estimates?west=1&south=1&east=1.01&north=1.01&zoom=16', accept });
    await sea.ended();
    expect(seenIn(sea)).toEqual(['end {"reason":"complete","truncated":false,"pending":0}']);
  });

  test('what is wrong before the first byte is a problem document', async () => {
    const { batch, port, catalog } = await bench();
    const refused = [
      await batch(['a b'], accept),
      await batch(['p1'], accept, { deadlineMs: -1 }),
      await open({ port, path: '/v1/map/estimates?west=1&south=1&east=1.01&north=1.01&zoom=3', accept }),
    ];
    catalog.setUnavailable(true);
    refused.push(await open({ port, path: MAP, accept }));
    const codes: string[] = [];
    for (const stream of refused) {
      await stream.ended();
      expect(stream.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      codes.push(`${stream.status} ${/"code":"([a-z-]+)"/.exec(stream.text())?.[1]}`);
    }
    expect(codes).toEqual([
      '400 invalid-property-id',
      '400 invalid-deadline',
      '422 zoom-too-far',
      '503 catalog-unavailable',
    ]);
  });

  test('so is a bug of ours, of which the caller learns nothing', async () => {
    const { batch, rules, logged } = await bench(['h'], ['h']);
    Object.defineProperty(rules, 'isUsable', {
      value: () => {
        throw new TypeError('a bug');
      },
    });
    const stream = await batch(['h'], accept);
    await stream.ended();
    expect([stream.status, stream.headers['content-type']]).toEqual([500, 'application/problem+json; charset=utf-8']);
    expect(stream.text()).not.toContain('a bug');
    expect(logged).toMatchObject([{ code: 'UNPLANNED', requestId: stream.headers['x-request-id'] }]);
  });

  test('what goes wrong after it is a problem event with a code, and the last one', async () => {
    const { batch, source, rules, logged, metered } = await bench(['m', 'h'], ['h']);
    const release = source.hold();
    const stream = await batch(['h', 'm'], accept);
    await stream.comes(1);
    Object.defineProperty(rules, 'isUsable', {
      value: () => {
        throw new TypeError('a bug');
      },
    });
    release();
    expect(await stream.ended()).toBe(true);
    expect(stream.events.map(({ event }) => event)).toEqual(['result', 'problem']);
    expect(JSON.parse(stream.events[1]?.data ?? '')).toMatchObject({ code: 'internal', status: 500 });
    expect(stream.text()).not.toContain('a bug');
    expect(logged).toMatchObject([{ code: 'UNPLANNED', requestId: stream.headers['x-request-id'] }]);
    await eventually('it is metered', () => metered.some((line) => line.includes('failed')));
  });
});

describe('a stream', () => {
  test('has the headers of every answer, and asks proxies not to hold it back', async () => {
    const { batch } = await bench(['p1'], ['p1'], {
      rateLimits: () => limitsThatNote([]),
    });
    const stream = await batch(['p1'], EVENT_STREAM);
    await stream.ended();
    expect(stream.headers).toMatchObject({
      'cache-control': 'private, no-store',
      vary: 'accept, authorization, x-viewer-role',
      ratelimit: '"address";r=42;t=7',
      'ratelimit-policy': '"address";q=100;w=10',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      'x-accel-buffering': 'no',
    });
    expect(stream.headers['content-length']).toBeUndefined();
  });

  test('is decided home by home as it is written: a rule that turned stricter since the call counts', async () => {
    const { batch, home, rule, source, clock, plant } = await bench(['m']);
    home('p2', { mlsId: 'mls' });
    source.set('p2', estimateOf(1));
    await rule({ mlsId: 'mls', ruleVersion: 1, activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
    await clock.advance(5_000);
    await plant('m');
    const release = source.hold();
    const stream = await batch(['m', 'p2'], NDJSON);
    await stream.comes(1);
    await rule({ mlsId: 'mls', ruleVersion: 2, activeLevel: 'agent', offMarketLevel: 'agent' });
    release();
    await stream.ended();
    expect(homesIn(stream)).toEqual(['m available', 'p2 restricted']);
    expect(stream.text()).not.toMatch(/"p2".*valueUsd/);
  });

  test('publishes what was seen when it has ended, and counts its homes', async () => {
    const { map, events, metered } = await bench(['p1', 'p2'], ['p1']);
    const stream = await map(NDJSON, '', { 'x-session-id': 'ada' });
    await stream.ended();
    await eventually('it is published', () => events.length === 1);
    expect(events[0]?.event).toMatchObject({ propertyIds: ['p1', 'p2'], hitCount: 1, missedCount: 1, pendingCount: 0 });
    expect(metered).toEqual(
      expect.arrayContaining([
        'home map available hit',
        'home map available miss',
        'stream map ndjson complete first byte',
        'GET /v1/map/estimates 200',
      ]),
    );
  });

  test('costs the units of its homes', async () => {
    const charged: number[] = [];
    const { batch } = await bench([], [], { rateLimits: () => limitsThatNote(charged) });
    const stream = await batch(Array.from({ length: 250 }, (_, at) => `g${at}`));
    await stream.ended();
    expect(charged).toEqual([1, 2]);
  });

  test('that a browser asks for again because it has ended is answered 204, so that it stops', async () => {
    const { port, batch, source } = await bench(['p1'], ['p1']);
    const stream = await batch(['p1'], EVENT_STREAM);
    await stream.ended();
    expect(stream.events.map(({ id }) => id)).toEqual([undefined, 'end']);
    for (const [path, body] of [
      [BATCH, { propertyIds: ['p1'] }],
      [MAP, undefined],
    ] as const) {
      const again = await open({
        port,
        path,
        accept: EVENT_STREAM,
        headers: { 'last-event-id': 'end' },
        ...(body && { body }),
      });
      await again.ended();
      expect([again.status, again.text()]).toEqual([204, '']);
    }
    expect(source.calls).toEqual([]);
  });
});

describe('when the client goes', () => {
  test('nothing more is waited for, what was begun fills the cache, and what was seen is published', async () => {
    const { batch, source, reader, metered, events, app } = await bench(['h', 'm'], ['h']);
    const release = source.hold();
    const view = { viewport: { west: -122.31, south: 47.59, east: -122.29, north: 47.61 }, zoom: 16 };
    const stream = await batch(['h', 'm'], NDJSON, { deadlineMs: 5_000, ...view });
    await stream.comes(1);
    stream.leave();
    await eventually('it is metered', () => metered.includes('stream batch ndjson gone first byte'));
    expect(events.map(({ event }) => [event.propertyIds, event.hitCount, event.pendingCount])).toEqual([
      [['h', 'm'], 1, 1],
    ]);
    release();
    await reader.settled();
    expect(reader.inFlight()).toBe(0);
    const again = await app.inject({ method: 'POST', url: BATCH, payload: { propertyIds: ['m'], deadlineMs: 0 } });
    expect(again.body).toContain('available');
  });

  test('before the first byte, nothing is answered and nothing fails', async () => {
    const { port, source, metered, logged, unplanned, reader } = await bench(['m']);
    const release = source.hold();
    const call = { port, path: BATCH, accept: NDJSON, body: { propertyIds: ['m'], deadlineMs: 5_000 } };
    const asked = askForStream(call);
    await eventually('upstream is asked', () => source.calls.length === 1);
    asked.leave();
    await expect(asked.answered).rejects.toThrow();
    await eventually('it is metered', () => metered.includes('stream batch ndjson gone no first byte'));
    release();
    await reader.settled();
    expect([reader.inFlight(), logged, unplanned]).toEqual([0, [], []]);
  });
});
