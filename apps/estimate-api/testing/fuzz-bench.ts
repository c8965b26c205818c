import { afterAll, beforeAll, expect } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createApiBench, type ApiBench } from './api-bench.ts';
import { judgeAnswer } from './judge-answer.ts';
import { answersIn, sendBytes } from './raw-http.ts';
import { estimateOf } from './reading-bench.ts';

const RUNS = 400;
/** One property may take so long; what was drawn until then counts. */
const PROPERTY_MS = 15_000;

export interface Drawn {
  readonly method: string;
  readonly target: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Buffer;
}

/** Latin-1 as it is, so that every byte can be sent. */
export function requestBytes({ method, target, headers = [], body }: Drawn): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const length = body === undefined ? [] : [`content-length: ${body.length}`];
  const head = [`${method} ${target} HTTP/1.1`, 'host: a', 'connection: close', ...lines, ...length];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}

/** Any text that a header may hold. */
export const latin1 = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});
/** What addresses and fields are seldom given. */
export const odd = fc.constantFrom(
  '',
  ' ',
  '%',
  '%zz',
  '%00',
  '%ff',
  '%c0%80',
  '%F0%9F%8F%A0',
  'NaN',
  '-0',
  '1e999',
  '0x10',
  '1,2',
  '[]',
  '__proto__',
  '..',
  '%2e%2e%2f',
  '%0d%0aset-cookie:a',
  '١',
);
/** For a file of tests: a real server with the homes `p1` and `p2`, that of each answer is judged. */
export function fuzzBenchOfFile() {
  let all: ApiBench;
  let port: number;
  let ticking: NodeJS.Timeout;
  let bearer: string;
  beforeAll(async () => {
    all = await createApiBench({ web: { corsOrigins: ['https://console.example'], trustedProxies: ['127.0.0.1'] } });
    for (const id of ['p1', 'p2']) {
      all.home(id);
      all.source.set(id, estimateOf(1));
    }
    bearer = await all.bearer({ role: 'agent', sub: 'ada' });
    await all.app.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = all.app.server.address() as AddressInfo);
    ticking = setInterval(() => void all.clock.advance(100), 10); // deadlines pass
  });
  afterAll(async () => {
    clearInterval(ticking);
    await all.app.close();
  });

  async function judgeBytes(bytes: Buffer): Promise<void> {
    const isHead = /^\s*HEAD /.test(bytes.toString('latin1', 0, 10));
    const answers = answersIn(await sendBytes(port, bytes), isHead);
    answers.forEach((answer, at) => judgeAnswer(answer, isHead && at === 0));
    expect(all.logged).toEqual([]);
  }

  async function holds<T>(arbitrary: fc.Arbitrary<T>, bytesOf: (drawn: T) => Buffer): Promise<void> {
    const property = fc.asyncProperty(arbitrary, (drawn) => judgeBytes(bytesOf(drawn)));
    await fc.assert(property, { numRuns: RUNS, interruptAfterTimeLimit: PROPERTY_MS, endOnFailure: true });
    const [sane] = answersIn(await sendBytes(port, requestBytes({ method: 'GET', target: '/v1/estimates/p1' })), false);
    expect([sane?.status, sane?.body]).toEqual([200, expect.stringContaining('"status":"available"')]);
  }

  return { holds, port: () => port, bearer: () => bearer };
}
