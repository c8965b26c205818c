import { describe, expect, test } from '@jest/globals';
import { createLogger, type LogLevel } from './logger.ts';

interface Line {
  readonly level: string;
  readonly app: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const logged = (say: (log: ReturnType<typeof createLogger>) => void, logLevel: LogLevel = 'debug'): Line[] => {
  const lines: Line[] = [];
  say(
    createLogger({
      app: 'forecaster',
      logLevel,
      destination: { write: (line) => lines.push(JSON.parse(line) as Line) },
    }),
  );
  return lines;
};

test('one JSON object a line, with level, app, time and message', () => {
  const [line] = logged((log) => log.info({ partition: 3 }, 'assigned'));
  expect(line).toEqual({ level: 'info', app: 'forecaster', time: expect.any(String), partition: 3, msg: 'assigned' });
  expect(new Date(String(line?.['time'])).toISOString()).toBe(line?.['time']);
});

test('what is below the level is not written', () => {
  expect(
    logged((log) => (log.debug({}, 'a'), log.info({}, 'b'), log.warn({}, 'c'), log.error({}, 'd')), 'warn').map(
      ({ msg }) => msg,
    ),
  ).toEqual(['c', 'd']);
});

describe('never reaches a log', () => {
  const secrets: [string, object][] = [
    ['a password', { password: 'hush' }],
    ['a key of the upstream API', { upstream: { apiKey: 'hush' } }],
    ['the same with dashes', { headers: { 'x-api-key': 'hush' } }],
    ['an authorization header', { headers: { Authorization: 'hush' } }],
    ['a token, also in a list', { tokens: ['hush'] }],
    ['a session id', { sessionId: 'hush' }],
    ['a session header', { headers: { 'x-session-id': 'hush' } }],
    ['a session key', { sessionKey: 'hush' }],
    ['the user info of a URL', { DATABASE_URL: 'postgres://app:hush@db:5432/porchlight' }],
    ['a URL inside a sentence', { why: 'cannot reach redis://:hush@cache:6379 now' }],
    ['a bearer token inside a sentence', { why: 'sent Bearer hush' }],
    ['a figure that a rule may hide', { estimate: { valueUsd: 'hush', lowUsd: 424242, highUsd: 424242 } }],
    ['the bytes of a payload', { value: Buffer.from('hush') }],
  ];
  test.each(secrets)('%s', (_, fields) => {
    const text = JSON.stringify(logged((log) => log.error(fields, 'it happened')));
    expect(text).not.toContain('hush');
    expect(text).not.toContain('424242');
  });

  test('a secret in the message itself', () => {
    expect(logged((log) => log.info({}, 'at postgres://app:hush@db/x')).map(({ msg }) => msg)).toEqual([
      'at postgres://[redacted]@db/x',
    ]);
  });

  test('but what is no secret stays', () => {
    const [line] = logged((log) => log.info({ propertyId: 'p1', count: 2, tokens: 3, url: 'redis://cache:6379' }, 'x'));
    expect(line).toMatchObject({ propertyId: 'p1', count: 2, tokens: 3, url: 'redis://cache:6379' });
  });
});

describe('an error', () => {
  test('is its code, fate, message, stack and causes, and nothing else it carries', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('no answer', { cause }), {
      code: 'CACHE_UNAVAILABLE',
      fate: 'retry',
      detail: 'row (p1, 750000)',
      record: { value: 1 },
    });
    const [line] = logged((log) => log.error({ error }, 'failed'));
    expect(line?.['error']).toEqual({
      name: 'Error',
      message: 'no answer',
      code: 'CACHE_UNAVAILABLE',
      fate: 'retry',
      stack: expect.stringContaining('no answer'),
      cause: { name: 'Error', message: 'connect ECONNREFUSED', code: 'ECONNREFUSED', stack: expect.any(String) },
    });
  });

  test('is described under any key and at any depth', () => {
    const [line] = logged((log) => log.warn({ tries: [{ why: new TypeError('odd') }] }, 'x'));
    expect(line).toMatchObject({ tries: [{ why: { name: 'TypeError', message: 'odd' } }] });
  });

  test('that is no error is not printed', () => {
    const [line] = logged((log) => log.warn({ error: new AggregateError(['hush']) }, 'x'));
    expect(JSON.stringify(line)).not.toContain('hush');
  });
});

test('a circle ends', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  expect(logged((log) => log.info({ circle }, 'x'))).toHaveLength(1);
});
