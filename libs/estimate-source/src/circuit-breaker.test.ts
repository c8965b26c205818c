import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createCircuitBreaker, type BreakerOptions } from './circuit-breaker.ts';

/** cockatiel looks at the host's clock: here the test is that clock. */
let now = 1_700_000_000_000;
let clock: { mockRestore(): void };
beforeEach(() => {
  clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => clock.mockRestore());

const ill = new Error('ill');
const harmless = new Error('harmless');
const ok = (): Promise<string> => Promise.resolve('ok');
const fails = (): Promise<never> => Promise.reject(ill);

function bench(options: Partial<BreakerOptions> = {}) {
  const changes: string[] = [];
  const breaker = createCircuitBreaker({
    failureShare: 0.5,
    windowMs: 10_000,
    callsMin: 10,
    openMs: 1_000,
    isFailure: (error) => error === ill,
    random: () => 0.5,
    onChange: (state) => changes.push(state),
    ...options,
  });
  const outcomes = async (count: number, call: () => Promise<unknown>): Promise<string[]> => {
    const told: string[] = [];
    for (let time = 0; time < count; time += 1) {
      told.push(
        await breaker.run(call).then(
          () => 'ok',
          (error: unknown) => (error as { code?: string; message: string }).code ?? (error as Error).message,
        ),
      );
    }
    return told;
  };
  return { breaker, changes, outcomes };
}

describe('it opens', () => {
  test('when more than the share of the calls of late has failed, and refuses at once from then on', async () => {
    const { breaker, changes, outcomes } = bench();
    await outcomes(6, ok);
    expect(await outcomes(7, fails)).toEqual(Array(7).fill('ill'));
    expect([breaker.state(), breaker.lets(), changes]).toEqual(['open', false, ['open']]);
    let asked = 0;
    expect(await outcomes(3, () => Promise.resolve((asked += 1)))).toEqual(Array(3).fill('SOURCE_BROKEN'));
    expect(asked).toBe(0);
  });

  test('not for less than the share, for too few calls, or for what is no failure', async () => {
    const share = bench();
    for (let time = 0; time < 10; time += 1) await share.outcomes(1, time % 2 === 0 ? ok : fails);
    const few = bench();
    await few.outcomes(9, fails);
    const none = bench();
    await none.outcomes(50, () => Promise.reject(harmless));
    expect([share, few, none].map(({ breaker }) => breaker.state())).toEqual(['closed', 'closed', 'closed']);
  });

  test('not for what failed before a silence as long as the window', async () => {
    const { breaker, outcomes } = bench();
    await outcomes(9, fails);
    now += 10_001;
    await outcomes(1, fails);
    expect(breaker.state()).toBe('closed');
  });

  test('for calls that are too slow, whose answers are used', async () => {
    const { breaker, outcomes } = bench({ slowMs: -1 });
    expect(await outcomes(10, ok)).toEqual(Array(10).fill('ok'));
    expect(breaker.state()).toBe('open');
  });
});

describe('when it has been open for its time', () => {
  const opened = async () => {
    const all = bench();
    await all.outcomes(10, fails);
    return all;
  };

  test('one call finds out, and nobody waits for what it finds', async () => {
    const { breaker, changes, outcomes } = await opened();
    now += 999;
    expect(breaker.lets()).toBe(false);
    now += 1;
    const { promise, resolve } = Promise.withResolvers<string>();
    const probe = breaker.run(() => promise);
    expect([breaker.state(), breaker.lets(), await outcomes(2, ok)]).toEqual([
      'half-open',
      false,
      ['SOURCE_BROKEN', 'SOURCE_BROKEN'],
    ]);
    resolve('well');
    expect([await probe, breaker.state(), changes]).toEqual(['well', 'closed', ['open', 'half-open', 'closed']]);
    await outcomes(8, fails);
    expect(breaker.state()).toBe('closed'); // what opened it is forgotten
  });

  test('a probe that fails keeps it open for twice as long, up to a bound', async () => {
    const { breaker, outcomes } = await opened();
    let waitedMs = 1_000;
    const waits: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      now += waitedMs - 1;
      expect(breaker.lets()).toBe(false);
      now += 1;
      expect(await outcomes(1, fails)).toEqual(['ill']);
      waits.push(waitedMs);
      waitedMs = Math.min(5_000, waitedMs * 2);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  test('a time that is longer than the bound is kept, and not doubled', async () => {
    const { breaker, outcomes } = bench({ openMs: 20_000 });
    await outcomes(10, fails);
    for (let time = 0; time < 2; time += 1) {
      now += 19_999;
      expect(breaker.lets()).toBe(false);
      now += 1;
      expect(await outcomes(1, fails)).toEqual(['ill']);
    }
  });
});

describe('a clock of this host that is set back', () => {
  test('does not keep it open for as long', async () => {
    const { breaker, outcomes } = bench();
    await outcomes(10, fails);
    now -= 3_600_000;
    expect([breaker.lets(), await outcomes(1, ok), breaker.state()]).toEqual([true, ['ok'], 'closed']);
  });

  test('does not make what failed long ago count on and on', async () => {
    const { breaker, outcomes } = bench();
    await outcomes(1, ok);
    now -= 3_600_000;
    await outcomes(8, fails);
    for (let time = 0; time < 12; time += 1) {
      now += 2_000;
      await outcomes(1, ok);
    }
    await outcomes(6, fails);
    expect(breaker.state()).toBe('closed');
  });
});
