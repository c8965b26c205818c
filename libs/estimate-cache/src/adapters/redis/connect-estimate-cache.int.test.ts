import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { faultyProxy, type FaultyProxy } from '../../testing/faulty-proxy.ts';
import { redisUrl } from '../../testing/redis-world.ts';
import { estimateOf, factsOf } from '../../testing/story.ts';
import { connectEstimateCache, type EstimateCacheConnection } from './connect-estimate-cache.ts';

const unavailable = { code: 'CACHE_UNAVAILABLE', fate: 'retry' };
const BACK_MAX_MS = 10_000;
const POLL_MS = 20;

describe('a Redis that is lost and found', () => {
  let proxy: FaultyProxy;
  let connection: EstimateCacheConnection;
  const keyGeneration = `t${randomBytes(6).toString('hex')}`;
  const win = () => connection.cache.acquire([{ propertyId: 'p1', nonce: 'n1' }], 's');

  beforeEach(async () => {
    proxy = await faultyProxy(redisUrl());
    connection = await connectEstimateCache({ url: proxy.url, config: { keyGeneration }, commandTimeoutMs: 200 });
  });
  afterEach(async () => {
    const [answer] = await win();
    if (answer?.outcome === 'win') await connection.cache.forget([{ propertyId: 'p1', epoch: answer.ticket.epoch }]);
    await connection.close();
    await proxy.close();
  });

  /** Asks until Redis answers again; each refusal on the way must be the one that callers are promised. */
  const untilBack = async (): Promise<void> => {
    const giveUpAt = Date.now() + BACK_MAX_MS;
    for (;;) {
      const failure = await win().then(
        () => null,
        (error: unknown) => error,
      );
      if (failure === null) return;
      expect(failure).toMatchObject(unavailable);
      if (Date.now() > giveUpAt) throw new Error('Redis did not come back');
      await setTimeout(POLL_MS);
    }
  };

  test('every method says so while the connection is cut, and works again when it is back', async () => {
    const { cache, progress } = connection;
    const [answer] = await win();
    if (answer?.outcome !== 'win') throw new Error('nobody else asks for this home');
    const { ticket } = answer;
    const propertyId = 'p1';
    await proxy.cut();
    const calls = [
      () => cache.read([propertyId]),
      () => cache.acquire([{ propertyId, nonce: 'n1' }], 's'),
      () => cache.fill([{ propertyId, class: 's', ticket, facts: factsOf(1), estimate: estimateOf(1) }]),
      () => cache.release([{ propertyId, nonce: 'n1', backOff: false }]),
      () => cache.forget([{ propertyId, epoch: ticket.epoch }]),
      () => cache.invalidate([{ propertyId, visibilityVersion: 1 }]),
      () => cache.update([{ propertyId, estimateVersion: 1, estimate: null }]),
      () => cache.touch([{ propertyId, visibilityVersion: 1, checkedAt: 1 }]),
      () => cache.recheck([{ propertyId, ticket, visibilityVersion: 1 }]),
      () => progress.beat([1]),
      () => progress.alive([1]),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject(unavailable);
    expect(connection.isReady()).toBe(false);
    await proxy.mend();
    await untilBack();
    expect(connection.isReady()).toBe(true);
  });

  test('a server that is silent is given up on, and its late answers reach nobody', async () => {
    await win();
    proxy.hang();
    await expect(connection.cache.read(['p1'])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('no reply in 200 ms'),
    });
    await expect(win()).rejects.toMatchObject(unavailable);
    await proxy.mend();
    await untilBack();
    expect(await connection.cache.read(['p1'])).toEqual([null]);
  });
});

test('a Redis that is not there is said to be unavailable, and nothing is left open', async () => {
  const proxy = await faultyProxy(redisUrl());
  await proxy.close();
  await expect(connectEstimateCache({ url: proxy.url })).rejects.toMatchObject(unavailable);
});

test('a Redis that accepts and says nothing is said to be unavailable', async () => {
  const proxy = await faultyProxy(redisUrl());
  proxy.hang();
  const attempt = connectEstimateCache({ url: proxy.url, commandTimeoutMs: 50, connectTimeoutMs: 300 });
  await expect(attempt).rejects.toMatchObject(unavailable);
  await proxy.close();
});

test('a database other than 0 is refused: behind a proxy SELECT moves everybody', async () => {
  await expect(connectEstimateCache({ url: `${redisUrl()}/1` })).rejects.toMatchObject({
    code: 'CACHE_POLICY_REFUSED',
    fate: 'crash',
  });
});

test('settings that contradict each other are refused before anything is opened', async () => {
  await expect(connectEstimateCache({ url: 'redis://127.0.0.1:1', config: { retryMs: 60_000 } })).rejects.toMatchObject(
    { code: 'CACHE_CONFIG_REFUSED' },
  );
});
