import { describe, expect, test } from '@jest/globals';
import { manualEventLoop } from '../testing/manual-event-loop.ts';
import { CROWD_TURNS } from './connection-crowd.ts';
import { ACCEPT_FIRST_MS, createOverloadGuard, type OverloadLimits } from './overload-guard.ts';
import { LINE_MIN } from './patience.ts';
import { STARTS_FIRST, startsAfter, TURN_MS } from './turn-pace.ts';

const WAIT_MS = 50;
const BURST_MS = 500;

interface Told {
  readonly waitedMs: number;
  readonly outcome: 'answered' | 'refused';
}

function bench(limits: Partial<OverloadLimits> = {}) {
  const loop = manualEventLoop();
  const refused: string[] = [];
  const told: Told[] = [];
  const all = { requestsMax: 100_000, waitMs: WAIT_MS, burstMs: BURST_MS, ...limits };
  const guard = createOverloadGuard(all, loop, (reason) => void refused.push(reason));
  /** Comes, and takes the processor for so long when it is begun with. */
  const come = (costMs: number, hasLeft = () => false): void => {
    const cameAt = loop.now();
    const verdict = guard.enter();
    if (verdict === 'late') return void told.push({ waitedMs: 0, outcome: 'refused' });
    if (verdict === 'full') return;
    const end = (outcome: Told['outcome']) => () => {
      told.push({ waitedMs: loop.now() - cameAt, outcome });
      if (outcome === 'answered') loop.work(costMs);
      guard.leave();
    };
    if (verdict === 'in') end('answered')();
    else guard.queue({ answer: end('answered'), refuse: end('refused'), hasLeft });
  };
  /** In each of so many turns so many come. */
  const turns = (count: number, coming: number, costMs: number): void => {
    for (let at = 0; at < count; at += 1) {
      for (let each = 0; each < coming; each += 1) come(costMs);
      loop.turn();
    }
  };
  const waited = (outcome: Told['outcome']) =>
    told.filter((each) => each.outcome === outcome).map(({ waitedMs }) => waitedMs);
  /** Until nobody waits. */
  const drain = (): void => {
    while (loop.turn());
  };
  return { guard, loop, refused, told, come, turns, waited, drain };
}

describe('more than the processor can do', () => {
  test('whoever is answered has not waited for long, and who would have is told so as soon', () => {
    const { turns, told, waited } = bench();
    turns(400, 20, 1);
    told.length = 0; // it has gone on for long now
    turns(400, 20, 1);
    expect(Math.max(...waited('answered'))).toBeLessThanOrEqual(WAIT_MS + 3 * TURN_MS);
    expect(Math.max(...waited('refused'))).toBeLessThanOrEqual(WAIT_MS + 3 * TURN_MS);
    expect(waited('refused').length).toBeGreaterThan(waited('answered').length);
  });

  test('a moment in which nobody waits does not make it patient again: it would swing between the two', () => {
    const { turns, drain, told, waited } = bench();
    turns(400, 20, 1);
    drain();
    told.length = 0;
    turns(100, 20, 1);
    expect(Math.max(...waited('answered'), ...waited('refused'))).toBeLessThanOrEqual(WAIT_MS + 3 * TURN_MS);
  });

  test('no time is lost: in each turn somebody is begun with', () => {
    const { turns, told, loop } = bench();
    turns(400, 20, 1);
    for (let at = 0; at < 100; at += 1) {
      told.length = 0;
      turns(1, 20, 1);
      expect(told.filter(({ outcome }) => outcome === 'answered').length).toBeGreaterThan(0);
    }
    expect(loop.idleMs()).toBe(0);
  });

  test('turns stay short, so that connections and health are looked at', () => {
    const { turns, loop } = bench();
    turns(400, 20, 1);
    let longest = 0;
    for (let at = 0; at < 100; at += 1) {
      const before = loop.now();
      turns(1, 20, 1);
      longest = Math.max(longest, loop.now() - before);
    }
    expect(longest).toBeLessThanOrEqual(2 * TURN_MS);
  });

  test('when it is over nobody waits and nobody is refused', () => {
    const { turns, drain, refused, guard, told } = bench();
    turns(400, 20, 1);
    expect(guard.isBusy()).toBe(true);
    drain();
    expect([guard.isBusy(), guard.open()]).toEqual([false, 0]);
    refused.length = told.length = 0;
    turns(100, 2, 1);
    drain();
    expect([refused, told.length]).toEqual([[], 200]);
  });

  test('0 ms: nobody waits at the door, and nobody is refused', () => {
    const { turns, refused, told, guard } = bench({ waitMs: 0 });
    turns(100, 100, 1);
    expect([refused, told.length, guard.isBusy()]).toEqual([[], 10_000, false]);
  });
});

describe('what is no overload', () => {
  test('a burst is answered whole, in the order of its arrival', () => {
    const { come, drain, refused, told } = bench();
    for (let at = 0; at < 400; at += 1) come(1);
    drain();
    expect([refused, told.length]).toEqual([[], 400]);
    expect(told.map(({ waitedMs }) => waitedMs)).toEqual(
      told.map(({ waitedMs }) => waitedMs).toSorted((a, b) => a - b),
    );
  });

  test('of a burst that takes longer than a burst may, those are refused who would wait for more', () => {
    const { come, drain, waited } = bench();
    for (let at = 0; at < 1_000; at += 1) come(1);
    drain();
    expect(waited('refused').length).toBeGreaterThan(0);
    expect(waited('answered').length).toBeGreaterThanOrEqual(BURST_MS);
  });

  test('a few who call by turns are never refused, however much each of them costs', () => {
    const { come, loop, refused, told } = bench();
    for (let round = 0; round < 100; round += 1) {
      for (let at = 0; at < LINE_MIN; at += 1) come(100); // the last one waits for three times of what a burst may
      while (told.length < (round + 1) * LINE_MIN) loop.turn();
    }
    expect(refused).toEqual([]);
  });

  test('one more than a few is, if that is what each costs', () => {
    const { turns, refused } = bench();
    turns(200, 2, 100);
    expect(refused.length).toBeGreaterThan(0);
  });

  test('one turn that was long for another reason refuses nobody', () => {
    const { turns, loop, drain, refused } = bench();
    turns(20, 2, 1);
    loop.work(2_000);
    turns(20, 2, 1);
    drain();
    expect(refused).toEqual([]);
  });

  test('a host that is busy with others: as many are begun with as the processor time that is left allows', () => {
    const { turns, loop, drain, refused, told } = bench();
    for (let at = 0; at < 400; at += 1) {
      loop.stall(40); // of each 42 ms this process is given 2
      turns(1, 8, 0.25);
    }
    expect(refused).toEqual([]);
    expect(told.length).toBeGreaterThan(400 * 8 - LINE_MIN); // and they do not pile up
    drain();
    expect(told).toHaveLength(400 * 8);
  });

  test('a process that was stopped for a while refuses nobody who waited then', () => {
    const { come, loop, drain, refused, told } = bench();
    for (let at = 0; at < 200; at += 1) come(1);
    loop.turn();
    loop.stall(60_000);
    drain();
    expect([refused, told.length]).toEqual([[], 200]);
  });

  test('whoever waits for something else than the processor shuts nobody out', () => {
    const { guard, loop, turns, refused, told } = bench();
    for (let at = 0; at < 5_000; at += 1) {
      if (guard.enter() === 'wait')
        guard.queue({ answer: () => undefined, refuse: () => undefined, hasLeft: () => false });
      loop.turn();
    }
    expect(guard.open()).toBe(5_000);
    turns(50, 2, 1);
    expect([refused, told.length]).toEqual([[], 100]);
  });
});

test('whoever has hung up meanwhile is not begun with', () => {
  const { come, drain, told, loop } = bench();
  for (let at = 0; at < STARTS_FIRST; at += 1) come(1);
  come(1, () => true);
  come(1);
  drain();
  expect(told).toHaveLength(STARTS_FIRST + 1);
  expect(loop.now()).toBe(STARTS_FIRST + 1);
});

test('where nobody can be begun with in time any more, the next are refused as they come', () => {
  const { turns, come, loop, guard, refused } = bench();
  turns(400, 20, 1);
  for (let at = 0; at < 20; at += 1) come(1);
  const [waiting, before] = [guard.open(), refused.length];
  expect([guard.turnsAway(), guard.enter(), guard.open(), refused.length - before]).toEqual([true, 'late', waiting, 2]);
  loop.turn(); // some were begun with
  expect([guard.turnsAway(), guard.enter()]).toEqual([false, 'wait']);
});

describe('connections that wait to be accepted', () => {
  /** Somebody waits, and has been begun with just now. */
  const waitingBench = () => {
    const all = bench();
    for (let at = 0; at < 200; at += 1) all.come(1);
    all.loop.turn();
    return all;
  };

  test('go before requests that wait, one in each turn', () => {
    const { guard, loop, told } = waitingBench();
    const before = told.length;
    for (let at = 0; at < 10; at += 1) {
      guard.connected();
      loop.turn();
    }
    expect(told).toHaveLength(before);
    loop.turn(); // and none was accepted in it
    expect(told.length).toBeGreaterThan(before);
  });

  test('in a crowd of them nobody is begun with before it is known who has hung up', () => {
    const { guard, loop, come, told } = bench();
    for (let at = 0; at < CROWD_TURNS; at += 1) {
      guard.connected();
      loop.turn();
    }
    let hasLeft = false;
    come(1, () => hasLeft);
    come(1);
    expect(told).toEqual([]);
    hasLeft = true;
    loop.work(ACCEPT_FIRST_MS);
    loop.turn();
    expect([told.length, guard.isBusy()]).toEqual([1, false]);
  });

  test('a few of them are no crowd', () => {
    const { guard, loop } = bench();
    for (let at = 1; at < CROWD_TURNS; at += 1) {
      guard.connected();
      loop.turn();
    }
    expect(guard.enter()).toBe('in');
    for (let at = 0; at < 10; at += 1) {
      guard.connected();
      loop.turn();
      loop.turn(); // and none in between
    }
    expect(guard.enter()).toBe('in');
  });

  test('and meanwhile nobody overtakes those who wait', () => {
    const { guard, loop } = waitingBench();
    guard.connected();
    loop.turn();
    expect(guard.enter()).toBe('wait');
  });

  test('do so for a moment only', () => {
    const { guard, loop, told } = waitingBench();
    const before = told.length;
    guard.connected();
    loop.work(ACCEPT_FIRST_MS);
    loop.turn();
    expect(told.length).toBeGreaterThan(before);
  });
});

describe('too many under way', () => {
  test('above the bound the next one is refused, and let in again when one has left', () => {
    const { guard, refused } = bench({ requestsMax: 2 });
    expect([guard.enter(), guard.enter(), guard.enter(), guard.open()]).toEqual(['in', 'in', 'full', 2]);
    guard.leave();
    expect([guard.enter(), guard.open(), refused]).toEqual(['in', 2, ['full']]);
  });

  test('those who wait at the door count', () => {
    const { guard, refused } = bench({ requestsMax: STARTS_FIRST + 2 });
    const verdicts = Array.from({ length: STARTS_FIRST + 4 }, () => guard.enter());
    expect(verdicts.slice(STARTS_FIRST - 1)).toEqual(['in', 'wait', 'wait', 'full', 'full']);
    expect([guard.open(), refused]).toEqual([STARTS_FIRST + 2, ['full', 'full']]);
  });
});

test.each([
  ['it took too long: less', 60, { starts: 60, isAtLimit: true, busyMs: 6 }, 50],
  ['never less than half of what was seen', 60, { starts: 60, isAtLimit: true, busyMs: 600 }, 30],
  ['and at least one', 1, { starts: 0, isAtLimit: false, busyMs: 600 }, 1],
  ['it was short and there was more: twice as many', 10, { starts: 10, isAtLimit: true, busyMs: 1 }, 20],
  ['it was nearly as long as it may be: a little more', 10, { starts: 10, isAtLimit: true, busyMs: 4 }, 11],
  ['there was no more to begin with: as before', 10, { starts: 3, isAtLimit: false, busyMs: 1 }, 10],
])('a turn: %s', (_, limit, turn, next) => {
  expect(startsAfter(limit, turn)).toBe(next);
});
