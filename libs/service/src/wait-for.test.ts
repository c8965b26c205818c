import { describe, expect, test } from '@jest/globals';
import { ManualClock } from '@porchlight/clock/testing';
import { createRecordingLogger } from './testing/recording-logger.ts';
import { createWaitFor, pauseMsAfter } from './wait-for.ts';

const open = () => {
  const clock = new ManualClock();
  const log = createRecordingLogger();
  const stop = new AbortController();
  const { waitFor, waitingFor } = createWaitFor({
    app: 'data-fetcher',
    log,
    clock,
    signal: stop.signal,
    random: () => 1,
  });
  return { clock, log, stop, waitFor, waitingFor };
};

const refused = () => new Error('connection refused');

test('returns what the probe returns, and says nothing if it was there at once', async () => {
  const { waitFor, log } = open();
  expect(await waitFor('Redis at cache:6379', 'the estimate cache', () => 'pong')).toBe('pong');
  expect(log.lines).toEqual([]);
});

test('says for whom it waits when it begins, then at most every 30 s, and once when it is back', async () => {
  const { waitFor, log, clock, waitingFor } = open();
  let isUp = false;
  let tries = 0;
  const waiting = waitFor('Redis at cache:6379', 'the estimate cache', () => {
    tries += 1;
    if (!isUp) throw refused();
    return 'pong';
  });
  await clock.advance(59_000);
  expect(waitingFor()).toEqual(['Redis at cache:6379 (the estimate cache)']);
  expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    'warn: data-fetcher waits for Redis at cache:6379 (the estimate cache): connection refused',
    'warn: data-fetcher waits for Redis at cache:6379 (the estimate cache): connection refused',
  ]);
  expect(tries).toBeGreaterThan(10);
  isUp = true;
  await clock.advance(5_000);
  expect(await waiting).toBe('pong');
  expect(log.lines.at(-1)).toMatchObject({
    level: 'info',
    message: expect.stringMatching(/^data-fetcher reached Redis at cache:6379 \(the estimate cache\) after \d+ ms$/),
  });
  expect(waitingFor()).toEqual([]);
});

test('the pauses double up to a limit, and are spread', () => {
  const limits = { firstPauseMs: 100, pauseMsMax: 5_000 };
  expect([0, 1, 2, 5, 6, 1_000].map((failed) => pauseMsAfter(failed, limits, 1))).toEqual([
    100, 200, 400, 3200, 5000, 5000,
  ]);
  expect(pauseMsAfter(0, limits, 0)).toBe(50);
});

test('a try that never ends counts as failed, and its signal tells it so', async () => {
  const { waitFor, log, clock } = open();
  const signals: AbortSignal[] = [];
  const waiting = waitFor('Kafka at k:9092', 'its topics', (signal) => {
    signals.push(signal);
    return signals.length === 1 ? new Promise<string>(() => undefined) : 'there';
  });
  await clock.advance(10_000 + 5_000);
  expect(await waiting).toBe('there');
  expect(signals[0]?.aborted).toBe(true);
  expect(log.lines[0]?.message).toBe('data-fetcher waits for Kafka at k:9092 (its topics): no answer in 10000 ms');
});

describe('asked to stop, it stops waiting', () => {
  test('between two tries', async () => {
    const { waitFor, clock, stop } = open();
    const waiting = waitFor('Redis at cache:6379', 'x', () => Promise.reject(refused()));
    const ended = expect(waiting).rejects.toMatchObject({ code: 'SERVICE_STOPPING' });
    await clock.advance(10);
    stop.abort();
    await ended;
    expect(clock.waiting).toBe(0);
  });
  test('within a try', async () => {
    const { waitFor, clock, stop } = open();
    const waiting = waitFor('Redis at cache:6379', 'x', () => new Promise(() => undefined));
    const ended = expect(waiting).rejects.toMatchObject({ code: 'SERVICE_STOPPING' });
    await clock.advance(10);
    stop.abort();
    await ended;
    expect(clock.waiting).toBe(0);
  });
  test('before the first', async () => {
    const { waitFor, stop } = open();
    stop.abort();
    await expect(waitFor('Redis', 'x', () => 'pong')).rejects.toMatchObject({ code: 'SERVICE_STOPPING' });
  });
});

test('what no waiting will mend goes on to the caller', async () => {
  const { waitFor, log } = open();
  const wrong = Object.assign(new Error('eviction policy allkeys-lru'), { code: 'REDIS_POLICY', fate: 'crash' });
  await expect(waitFor('Redis', 'x', () => Promise.reject(wrong))).rejects.toBe(wrong);
  expect(log.lines).toEqual([]);
});

test('the reason behind several addresses is said', async () => {
  const { waitFor, log, clock, stop } = open();
  const waiting = waitFor('PostgreSQL at db:5432', 'the facts', () => Promise.reject(new AggregateError([refused()])));
  const ended = expect(waiting).rejects.toThrow();
  await clock.advance(1);
  expect(log.lines[0]?.message).toContain(': connection refused');
  stop.abort();
  await ended;
});
