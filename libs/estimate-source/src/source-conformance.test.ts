import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from '@jest/globals';
import type { Estimate } from '@porchlight/contracts';
import { httpEstimateSource, SourceMisbehaved, SourceThrottled, SourceUnavailable } from './index.ts';
import { memoryEstimateSource, sourceConformance, type SourceUnderTest } from './testing/index.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });

function inMemory(): SourceUnderTest {
  const source = memoryEstimateSource();
  const errors = {
    throttle: () => new SourceThrottled(2_000),
    down: () => new SourceUnavailable('a test'),
    misbehave: () => new SourceMisbehaved('a test'),
  };
  return {
    source,
    know: (estimates) => Object.entries(estimates).forEach(([id, estimate]) => source.set(id, estimate)),
    breakNext: (how) => source.failNext(errors[how]()),
    hang: () => void source.hold(),
    calls: () => source.calls,
  };
}

/** A small upstream on a real socket. */
async function overHttp(): Promise<SourceUnderTest> {
  let known: Readonly<Record<string, Estimate>> = {};
  let next: 'throttle' | 'down' | 'misbehave' | null = null;
  let hangs = false;
  const calls: string[][] = [];
  const send = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}) =>
    response.writeHead(status, headers).end(body);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { propertyIds } = JSON.parse(Buffer.concat(chunks).toString()) as { propertyIds: string[] };
      calls.push(propertyIds);
      const how = next;
      next = null;
      if (hangs) return;
      if (how === 'throttle') return send(response, 429, '{}', { 'retry-after': '2' });
      if (how === 'down') return send(response, 503, 'gone');
      if (how === 'misbehave') return send(response, 200, '{"estimates":[],"missing":[]}');
      const estimates = propertyIds.flatMap((propertyId) => {
        const estimate = known[propertyId];
        return estimate === undefined ? [] : [{ propertyId, ...estimate }];
      });
      const missing = propertyIds.filter((id) => known[id] === undefined);
      return send(response, 200, JSON.stringify({ estimates, missing }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const source = httpEstimateSource({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'key',
  });
  closers.push(
    () => closed(server),
    () => source.close(),
  );
  return {
    source,
    know: (estimates) => (known = estimates),
    breakNext: (how) => (next = how),
    hang: () => (hangs = true),
    calls: () => calls,
  };
}

describe.each([
  ['in memory', () => Promise.resolve(inMemory())],
  ['over HTTP', overHttp],
])('an estimate source %s', (_name, create) => {
  test.each(sourceConformance.map((one) => [one.title, one] as const))('%s', async (_title, one) => {
    await one.check(await create());
  });
});
