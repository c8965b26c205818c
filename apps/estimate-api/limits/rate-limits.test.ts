import { describe, expect, test } from '@jest/globals';
import { ManualClock, turn } from '@porchlight/stream';
import type { Counted, PolicyName, UnitStore } from './port.ts';
import { createRateLimits, SETTLE_MS } from './rate-limits.ts';

const WINDOW_MS = 10_000;

/** Counts in fixed windows for everybody who uses it; answers when it is let. */
function fleetStore(clock: ManualClock) {
  const windows = new Map<string, { consumed: number; endsAt: number }>();
  const added: string[] = [];
  const forgotten: string[] = [];
  const held: (() => void)[] = [];
  const state = { isHolding: false };
  const store: UnitStore = {
    async add(policy: PolicyName, key: string, units: number): Promise<Counted> {
      added.push(`${policy} ${units}`);
      if (state.isHolding) await new Promise<void>((resolve) => held.push(resolve));
      const known = windows.get(`${policy} ${key}`);
      const window =
        known !== undefined && known.endsAt > clock.now() ? known : { consumed: 0, endsAt: clock.now() + WINDOW_MS };
      window.consumed += units;
      windows.set(`${policy} ${key}`, window);
      return { consumed: window.consumed, endsInMs: window.endsAt - clock.now() };
    },
    forget: (policy, key) => void forgotten.push(`${policy} ${key}`),
  };
  return {
    store,
    added,
    forgotten,
    state,
    keys: () => [...windows.keys()],
    letGo: () => held.splice(0).forEach((go) => go()),
  };
}

function bench(options: { units?: number; accountsMax?: number } = {}) {
  const { units = 10, ...rest } = options;
  const clock = new ManualClock(1_000_000);
  const fleet = fleetStore(clock);
  const create = () =>
    createRateLimits({
      policies: [
        { name: 'address', units },
        { name: 'caller', units },
        { name: 'service', units: 0 },
      ],
      windowMs: WINDOW_MS,
      store: fleet.store,
      hmacKey: 'a key for tests',
      clock,
      ...rest,
    });
  const limits = create();
  const address = (who: string, of = limits) => {
    const account = of.accountOf('address', who);
    if (account === null) throw new Error('an account was expected');
    return account;
  };
  return { clock, fleet, limits, address, another: create };
}

describe('one process', () => {
  test('lets exactly as many units through as a window has, without waiting for anybody', () => {
    const { address, fleet } = bench();
    fleet.state.isHolding = true;
    const ada = address('192.0.2.1');
    const through = Array.from({ length: 15 }, () => {
      if (ada.isExhausted()) return 'refused';
      ada.charge(1);
      return 'asked';
    });
    expect(through).toEqual([...Array<string>(10).fill('asked'), ...Array<string>(5).fill('refused')]);
    expect([ada.left(), address('192.0.2.1').isExhausted(), address('192.0.2.2').isExhausted()]).toEqual([
      { units: 0, endsInMs: WINDOW_MS },
      true,
      false,
    ]);
  });

  test('what was begun is charged in full, and counts against what comes next', async () => {
    const { address, limits, fleet } = bench();
    const ada = address('192.0.2.1');
    ada.charge(8);
    ada.charge(50);
    expect([ada.isExhausted(), ada.left().units]).toEqual([true, 0]);
    await limits.settled();
    expect([fleet.added, ada.isExhausted()]).toEqual([['address 8', 'address 50'], true]);
  });

  test('begins anew when the window of the store ends, not when its own guess does', async () => {
    const { address, limits, clock, another } = bench();
    address('192.0.2.1', another()).charge(1); // the window begins with whoever asks first, elsewhere
    await clock.advance(4_000);
    const ada = address('192.0.2.1');
    ada.charge(9);
    await limits.settled();
    expect([ada.isExhausted(), ada.left().endsInMs]).toEqual([true, 6_000]);
    await clock.advance(5_999);
    expect(ada.isExhausted()).toBe(true);
    await clock.advance(1);
    expect([ada.isExhausted(), ada.left()]).toEqual([false, { units: 10, endsInMs: WINDOW_MS }]);
    ada.charge(1);
    await limits.settled();
    expect(ada.left().units).toBe(9);
  });

  test('counts at once for somebody new, and from then on what came together every 100 ms', async () => {
    const { address, clock, fleet } = bench();
    const ada = address('192.0.2.1');
    ada.charge(1);
    expect(fleet.added).toEqual(['address 1']);
    for (let time = 0; time < 5; time += 1) ada.charge(1);
    await clock.advance(SETTLE_MS - 1);
    expect(fleet.added).toEqual(['address 1']);
    await clock.advance(1);
    expect(fleet.added).toEqual(['address 1', 'address 5']);
    await clock.advance(SETTLE_MS * 10);
    expect([fleet.added.length, ada.left().units]).toEqual([2, 4]);
  });

  test('asks the store once at a time for each, however long it takes, and loses nothing meanwhile', async () => {
    const { address, clock, fleet, limits } = bench();
    fleet.state.isHolding = true;
    const ada = address('192.0.2.1');
    for (let time = 0; time < 5; time += 1) {
      ada.charge(1);
      await clock.advance(SETTLE_MS);
    }
    expect([fleet.added, ada.left().units]).toEqual([['address 1'], 5]);
    fleet.state.isHolding = false;
    fleet.letGo();
    await limits.settled();
    expect([fleet.added, ada.left().units]).toEqual([['address 1', 'address 4'], 5]);
  });

  test('a limit of 0 is none', () => {
    const { limits } = bench();
    expect(limits.accountOf('service', 'mailer')).toBeNull();
  });

  test('keeps a bounded number of accounts; who leaves is counted first, and found again in the store', async () => {
    const { address, limits, fleet } = bench({ accountsMax: 3 });
    address('192.0.2.1').charge(1);
    address('192.0.2.1').charge(9);
    for (const last of [2, 3, 4]) address(`192.0.2.${last}`).charge(1);
    while (fleet.forgotten.length === 0) await turn();
    expect(fleet.added).toContain('address 9');
    const again = address('192.0.2.1');
    again.charge(1);
    await limits.settled();
    expect(again.isExhausted()).toBe(true);
  });
});

describe('a fleet', () => {
  test('counts together: what was asked of one process is missing in the other', async () => {
    const { address, limits, another, clock } = bench();
    const other = another();
    address('192.0.2.1').charge(6);
    address('192.0.2.1', other).charge(3);
    await Promise.all([limits.settled(), other.settled()]);
    address('192.0.2.1').charge(1);
    await clock.advance(SETTLE_MS);
    expect([address('192.0.2.1').isExhausted(), address('192.0.2.1', other).left().units]).toEqual([true, 1]);
    address('192.0.2.1', other).charge(1);
    await clock.advance(SETTLE_MS);
    expect(address('192.0.2.1', other).isExhausted()).toBe(true);
  });

  test('policies and people are counted apart, and none of them can be read in the store', async () => {
    const { limits, fleet } = bench();
    limits.accountOf('address', 'ada@example.com')?.charge(10);
    limits.accountOf('caller', 'ada@example.com')?.charge(1);
    limits.accountOf('caller', 'bob@example.com')?.charge(1);
    await limits.settled();
    const keys = fleet.keys();
    expect(keys.map((key) => key.split(' ')[0])).toEqual(['address', 'caller', 'caller']);
    expect(new Set(keys.map((key) => key.split(' ')[1])).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/^(address|caller) [A-Za-z0-9_-]{22}$/);
    expect(limits.accountOf('caller', 'ada@example.com')?.isExhausted()).toBe(false);
  });
});
