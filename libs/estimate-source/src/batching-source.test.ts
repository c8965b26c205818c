import { describe, expect, test } from '@jest/globals';
import type { Estimate } from '@porchlight/contracts';
import { batchingSource, SourceThrottled, type BatchingOptions, type EstimateSource } from './index.ts';
import { memoryEstimateSource } from './testing/index.ts';

const estimate = (estimateVersion: number): Estimate => ({
  estimateVersion,
  valueUsd: 1,
  lowUsd: 1,
  highUsd: 1,
  computedAt: 1,
});

/** A clock that the test moves. */
function manualClock() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    after(delayMs: number, run: () => void) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((each) => each !== timer)) };
    },
    soon(run: () => void) {
      this.after(0, run);
    },
    timers: () => timers.length,
    async move(byMs: number) {
      now += byMs;
      const due = timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
      await settle();
    },
  };
}

const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function bench(options: Partial<BatchingOptions> = {}) {
  const upstream = memoryEstimateSource({ a: estimate(1), b: estimate(2), c: estimate(3), d: estimate(4) });
  const clock = manualClock();
  const source = batchingSource(upstream, { lingerMs: 5, requestsInFlightMax: 2, clock, ...options });
  return { upstream, clock, source };
}

const idsOf = async (answer: ReturnType<EstimateSource['fetch']>) => {
  const { estimates, missing } = await answer;
  return { estimates: [...estimates.keys()], missing: [...missing] };
};
const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error as { code: unknown }).code,
  );

test('callers that come within the linger share one call, and each gets its own homes', async () => {
  const { upstream, clock, source } = bench();
  const answers = [source.fetch(['a', 'x']), source.fetch(['b', 'a'])].map(idsOf);
  expect(upstream.calls).toEqual([]);
  await clock.move(5);
  expect(upstream.calls).toEqual([['a', 'x', 'b']]);
  expect(await Promise.all(answers)).toEqual([
    { estimates: ['a'], missing: ['x'] },
    { estimates: ['b', 'a'], missing: [] },
  ]);
  expect(clock.timers()).toBe(0);
});

describe('lingering', () => {
  test('is for crowds: who comes alone waits for nobody but those of the same turn', async () => {
    const { upstream, clock, source } = bench();
    const alone = [source.fetch(['a']), source.fetch(['b'])];
    await clock.move(0);
    expect(upstream.calls).toEqual([['a', 'b']]);
    await clock.move(5);
    const later = source.fetch(['c']);
    await clock.move(0);
    expect(upstream.calls).toEqual([['a', 'b'], ['c']]);
    await Promise.all([...alone, later]);
  });

  test('begins when somebody came just before, and ends when nobody does any more', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 8 });
    const fetches = [source.fetch(['a'])];
    await clock.move(1);
    fetches.push(source.fetch(['b']));
    await clock.move(4);
    fetches.push(source.fetch(['c']));
    expect(upstream.calls).toEqual([['a']]);
    await clock.move(1);
    expect(upstream.calls).toEqual([['a'], ['b', 'c']]);
    await clock.move(5);
    fetches.push(source.fetch(['d']));
    await clock.move(0);
    expect(upstream.calls.at(-1)).toEqual(['d']);
    await Promise.all(fetches);
  });
});

describe('what nobody waits for', () => {
  const background = { lane: 'background' } as const;

  test('goes behind users that came after it, and in calls of its own', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 1 });
    const letGo = upstream.hold();
    const first = source.fetch(['a']);
    await clock.move(5);
    const others = [source.fetch(['b'], background), source.fetch(['c']), source.fetch(['d'])];
    await clock.move(5);
    letGo();
    await Promise.all([first, ...others]);
    expect(upstream.calls).toEqual([['a'], ['c', 'd'], ['b']]);
  });

  test('does not go before a user who lingers, though its call is full already', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 1, itemsMax: 2 });
    const fetches = [source.fetch(['a'])];
    await clock.move(1);
    fetches.push(source.fetch(['b']), source.fetch(['c', 'd'], background));
    await settle();
    expect(upstream.calls).toEqual([['a']]);
    await clock.move(5);
    await Promise.all(fetches);
    expect(upstream.calls).toEqual([['a'], ['b'], ['c', 'd']]);
  });

  test('leaves calls for users: it holds half of them at most', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 4 });
    const letGo = upstream.hold();
    const warm: Promise<unknown>[] = [];
    for (const id of ['a', 'b', 'c']) {
      warm.push(source.fetch([id], background));
      await clock.move(6);
    }
    expect([upstream.calls, source.inFlight(), source.waiting()]).toEqual([[['a'], ['b']], 2, 1]);
    const user = source.fetch(['d']);
    await clock.move(6);
    expect(upstream.calls).toEqual([['a'], ['b'], ['d']]);
    letGo();
    await Promise.all([...warm, user]);
  });

  test('takes no place from a user, however much of it waits', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 1, waitersMax: 2 });
    const letGo = upstream.hold();
    const fetches = [source.fetch(['a'])];
    await clock.move(6);
    fetches.push(source.fetch(['b'], background), source.fetch(['c'], background));
    expect(await codeOf(source.fetch(['d'], background))).toBe('SOURCE_OVERLOADED');
    fetches.push(source.fetch(['d']), source.fetch(['a']));
    expect(await codeOf(source.fetch(['b']))).toBe('SOURCE_OVERLOADED');
    letGo();
    await clock.move(6);
    await Promise.all(fetches);
    expect(upstream.calls).toEqual([['a'], ['d', 'a'], ['b', 'c']]);
  });

  test('may hold all of them where nobody else is', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 2, backgroundInFlightMax: 2, lane: 'background' });
    const letGo = upstream.hold();
    const warm = [source.fetch(['a'])];
    await clock.move(6);
    warm.push(source.fetch(['b']));
    await clock.move(6);
    expect(upstream.calls).toEqual([['a'], ['b']]);
    letGo();
    await Promise.all(warm);
  });
});

test('a full batch goes at once; nobody is split or overtaken', async () => {
  const { upstream, clock, source } = bench({ itemsMax: 3 });
  const answers = [source.fetch(['a', 'b']), source.fetch(['c', 'd']), source.fetch(['a'])];
  await settle();
  expect(upstream.calls).toEqual([
    ['a', 'b'],
    ['c', 'd', 'a'],
  ]);
  await Promise.all(answers);
  await clock.move(5);
  expect(upstream.calls).toHaveLength(2);
});

test('a failure reaches each caller of its batch and nobody else', async () => {
  const { upstream, clock, source } = bench();
  upstream.failNext(new SourceThrottled(2_000));
  const codes = [codeOf(source.fetch(['a'])), codeOf(source.fetch(['b']))];
  await clock.move(5);
  expect(await Promise.all(codes)).toEqual(['SOURCE_THROTTLED', 'SOURCE_THROTTLED']);
  const next = idsOf(source.fetch(['c']));
  await clock.move(5);
  expect(await next).toEqual({ estimates: ['c'], missing: [] });
});

describe('with one call allowed in flight', () => {
  test('the next batch waits until the one before has ended, and then goes without lingering', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 1 });
    const letGo = upstream.hold();
    const first = source.fetch(['a']);
    await clock.move(5);
    const others = [source.fetch(['b']), source.fetch(['c'])];
    await clock.move(5);
    expect(upstream.calls).toEqual([['a']]);
    letGo();
    await Promise.all([first, ...others]);
    expect(upstream.calls).toEqual([['a'], ['b', 'c']]);
  });

  test('callers above the bound are refused at once, and there is room again later', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 1, waitersMax: 1 });
    const letGo = upstream.hold();
    const first = source.fetch(['a']);
    await clock.move(5);
    const second = source.fetch(['b']);
    expect(await codeOf(source.fetch(['c']))).toBe('SOURCE_OVERLOADED');
    await clock.move(5);
    letGo();
    await Promise.all([first, second]);
    const third = source.fetch(['c']);
    await clock.move(5);
    expect((await idsOf(third)).estimates).toEqual(['c']);
  });

  test('a caller whose time is over while it waits is told so and never paid for', async () => {
    const { upstream, clock, source } = bench({ requestsInFlightMax: 1 });
    const letGo = upstream.hold();
    const first = source.fetch(['a']);
    await clock.move(5);
    const code = codeOf(source.fetch(['b'], { timeoutMs: 100 }));
    await clock.move(100);
    expect(await code).toBe('SOURCE_OVERLOADED');
    letGo();
    await first;
    await settle();
    expect(upstream.calls).toEqual([['a']]);
  });
});

test('what is paid for is waited for: neither the queue nor the caller’s own time cuts a call that has begun', async () => {
  const { upstream, clock, source } = bench({ requestsInFlightMax: 1, queueMs: 250 });
  const timeouts: (number | undefined)[] = [];
  const fetch = upstream.fetch.bind(upstream);
  upstream.fetch = (ids, options) => (timeouts.push(options?.timeoutMs), fetch(ids, options));
  const letFirstGo = upstream.hold();
  const first = source.fetch(['a']);
  await clock.move(5);
  const second = idsOf(source.fetch(['b'], { timeoutMs: 1_000 }));
  await clock.move(200);
  letFirstGo();
  const letSecondGo = upstream.hold();
  await first;
  await settle();
  await clock.move(950);
  letSecondGo();
  expect(await second).toEqual({ estimates: ['b'], missing: [] });
  expect([upstream.calls, timeouts]).toEqual([
    [['a'], ['b']],
    [1_200, 1_000],
  ]);
});

test('each caller learns when its call began, if anybody noted it', async () => {
  const { upstream, clock } = bench();
  const noting: EstimateSource = { fetch: async (ids) => ({ ...(await upstream.fetch(ids)), askedAt: 7 }) };
  const source = batchingSource(noting, { lingerMs: 5, requestsInFlightMax: 1, clock });
  const answers = [source.fetch(['a']), source.fetch(['b'])];
  await clock.move(5);
  expect((await Promise.all(answers)).map(({ askedAt }) => askedAt)).toEqual([7, 7]);
});

test('a caller that leaves before the call is not paid for; the others are', async () => {
  const { upstream, clock, source } = bench();
  const caller = new AbortController();
  const gone = codeOf(source.fetch(['a'], { signal: caller.signal }));
  const stays = idsOf(source.fetch(['b']));
  caller.abort();
  await clock.move(5);
  expect([await gone, await stays, upstream.calls]).toEqual([
    'SOURCE_UNAVAILABLE',
    { estimates: ['b'], missing: [] },
    [['b']],
  ]);
});

test('a caller that leaves during the call leaves the others alone; when the last has left the call is ended', async () => {
  const { upstream, clock, source } = bench();
  upstream.hold();
  const callers = [new AbortController(), new AbortController()];
  const codes = callers.map(({ signal }, at) => codeOf(source.fetch([['a', 'b'][at] ?? ''], { signal })));
  await clock.move(5);
  callers[0]?.abort();
  await settle();
  expect(upstream.open()).toBe(1);
  callers[1]?.abort();
  await settle();
  expect(upstream.open()).toBe(0);
  expect(await Promise.all(codes)).toEqual(['SOURCE_UNAVAILABLE', 'SOURCE_UNAVAILABLE']);
});

test('no ids and more than a batch holds are a bug of the caller', async () => {
  const { source } = bench({ itemsMax: 2 });
  await expect(source.fetch([])).rejects.toThrow(RangeError);
  await expect(source.fetch(['a', 'b', 'c'])).rejects.toThrow(RangeError);
});
