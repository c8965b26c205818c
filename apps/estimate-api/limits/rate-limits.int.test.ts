import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { connectTopology } from '@porchlight/estimate-cache';
import { systemClock } from '@porchlight/service';
import { createRateLimits } from './rate-limits.ts';
import { COUNT_TIMEOUT_MS, redisUnitStore } from './redis-unit-store.adapter.ts';

/** The limits on a real Redis: two processes' worth of them, a Redis that is away, one that hangs. */

const url = process.env.REDIS_URL;
if (url === undefined) throw new Error('REDIS_URL is not set: this test needs it');
const redisUrl = url;

const ended: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

const policies = [{ name: 'address', units: 10 }] as const;
/** Long enough that no test sees it end; the keys go by themselves. */
const WINDOW_SECONDS = 60;

/** For a Redis that answers: a machine that is busy with something else must not look like one that does not. */
const PATIENT_MS = 20_000;

async function connectLimits(redisAt: string, timeoutMs = PATIENT_MS) {
  const redis = await connectTopology({ url: redisAt, keyGeneration: 't', connectionName: 'rates-test' });
  ended.push(() => redis.close());
  const alone = { counts: 0 };
  const limits = createRateLimits({
    policies,
    windowMs: WINDOW_SECONDS * 1_000,
    store: redisUnitStore({
      policies,
      windowSeconds: WINDOW_SECONDS,
      transport: redis.transport,
      onAlone: () => void (alone.counts += 1),
      timeoutMs,
    }),
    hmacKey: randomKey,
    clock: systemClock,
  });
  ended.push(() => limits.stop());
  const account = (who: string) => {
    const found = limits.accountOf('address', who);
    if (found === null) throw new Error('an account was expected');
    return found;
  };
  return { limits, account, alone };
}

const randomKey = randomBytes(16).toString('hex');
const somebody = (): string => randomBytes(8).toString('hex');

/** A way to Redis that a test can cut, or hold up. */
async function startDetour() {
  const target = new URL(redisUrl);
  const state = { isCut: false };
  const open = new Set<Socket>();
  const server: Server = createServer((near) => {
    if (state.isCut) return void near.destroy();
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => [near, far].forEach((each) => each.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    state.isCut = true;
    for (const socket of open) socket.destroy();
  };
  ended.push(() => {
    cut();
    server.close();
  });
  const hold = (): void => open.forEach((socket) => socket.pause());
  const letGo = (): void => {
    state.isCut = false;
    for (const socket of open) socket.resume();
  };
  const { port } = server.address() as AddressInfo;
  const detoured = new URL(redisUrl);
  detoured.hostname = '127.0.0.1';
  detoured.port = String(port);
  return { url: detoured.href, cut, hold, letGo };
}

test('two processes count together; a window belongs to one caller', async () => {
  const [one, other] = [await connectLimits(redisUrl), await connectLimits(redisUrl)];
  const [ada, bob] = [somebody(), somebody()];
  one.account(ada).charge(6);
  await one.limits.settled();
  other.account(ada).charge(3);
  other.account(bob).charge(1);
  await other.limits.settled();
  expect([other.account(ada).left().units, other.account(bob).left().units]).toEqual([1, 9]);
  one.account(ada).charge(1);
  await one.limits.settled();
  expect([one.account(ada).isExhausted(), one.alone.counts]).toEqual([true, 0]);
  const { endsInMs } = one.account(ada).left();
  expect(endsInMs > 0 && endsInMs <= WINDOW_SECONDS * 1_000).toBe(true);
});

test.each(['away', 'hanging'])(
  'while Redis is %s each process counts by itself, and with the others again after',
  async (how) => {
    const detour = await startDetour();
    const [one, other] = [await connectLimits(detour.url, COUNT_TIMEOUT_MS), await connectLimits(redisUrl)];
    const ada = somebody();
    other.account(ada).charge(9);
    await other.limits.settled();
    if (how === 'away') detour.cut();
    else detour.hold();
    one.account(ada).charge(4);
    await one.limits.settled();
    expect(one.account(ada).left().units).toBe(6);
    one.account(ada).charge(6);
    await one.limits.settled();
    expect([one.account(ada).isExhausted(), one.alone.counts]).toEqual([true, 2]);
    detour.letGo();
    const giveUpAt = Date.now() + 20_000;
    const isCountedTogether = async (): Promise<boolean> => {
      const stranger = somebody();
      one.account(stranger).charge(1);
      await one.limits.settled();
      other.account(stranger).charge(1);
      await other.limits.settled();
      return other.account(stranger).left().units === 8;
    };
    let isTogether = await isCountedTogether();
    while (!isTogether && Date.now() < giveUpAt) isTogether = await isCountedTogether();
    expect(isTogether).toBe(true);
  },
  30_000,
);
