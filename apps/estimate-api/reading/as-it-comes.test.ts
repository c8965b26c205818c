import { expect, test } from '@jest/globals';
import type { Role } from '@porchlight/visibility';
import { createReadingBench, estimateOf, settle, shown, type ReadingBench } from '../testing/reading-bench.ts';
import type { Unfolding } from './index.ts';

interface Asked {
  readonly role?: Role;
  readonly deadlineMs?: number;
  readonly bypassesCache?: boolean;
}

/** Asks, and counts how often it was told that there is news. */
function ask({ reader }: ReadingBench, propertyIds: readonly string[], asked: Asked = {}) {
  const { role = 'agent', deadlineMs = 1_000, bypassesCache = false } = asked;
  const told = { times: 0 };
  const unfolding = reader.readAsItComes(
    { propertyIds, role, deadlineMs, bypassesCache },
    () => void (told.times += 1),
  );
  return { unfolding, told };
}

const statuses = (unfolding: Unfolding, homesMax = 100): string[] =>
  unfolding.take(homesMax).map(({ propertyId, status }) => `${propertyId} ${status}`);

/** Homes that upstream knows; those that are named are cached. */
async function benchOf(ids: readonly string[], cached: readonly string[] = []): Promise<ReadingBench> {
  const bench = createReadingBench();
  for (const id of ids) {
    bench.home(id);
    bench.source.set(id, estimateOf(1));
  }
  for (const id of cached) await bench.plant(id);
  return bench;
}

test('what is cached is there first, what is missing when it has come, and then all is over', async () => {
  const bench = await benchOf(['m1', 'h1', 'm2', 'h2'], ['h1', 'h2']);
  const release = bench.source.hold();
  const { unfolding, told } = ask(bench, ['m1', 'h1', 'm2', 'h2']);
  expect([statuses(unfolding), told.times]).toEqual([[], 0]);
  await settle();
  expect([statuses(unfolding), unfolding.untaken(), unfolding.progress()]).toEqual([
    ['h1 available', 'h2 available'],
    2,
    { kind: 'under-way' },
  ]);
  release();
  await settle();
  expect([statuses(unfolding), unfolding.untaken(), unfolding.progress()]).toEqual([
    ['m1 available', 'm2 available'],
    0,
    { kind: 'over', isComplete: true },
  ]);
});

test('gives the very results of an answer that comes in one piece', async () => {
  const bench = await benchOf(['h', 'm'], ['h']);
  bench.home('hidden', { overrideLevel: 'verified' });
  bench.home('nobody', { overrideLevel: 'nobody' });
  const ids = ['h', 'm', 'hidden', 'nobody', 'ghost'];
  const { unfolding } = ask(bench, ids, { role: 'registered' });
  await settle();
  const whole = await bench.read(ids, { role: 'registered' });
  expect(shown(unfolding.take(100)).sort()).toEqual(shown(whole).sort());
});

test('a home that is asked for twice comes twice', async () => {
  const bench = await benchOf(['h'], ['h']);
  const { unfolding } = ask(bench, ['h', 'h', 'ghost', 'h']);
  await settle();
  expect([statuses(unfolding), unfolding.untaken()]).toEqual([
    ['h available', 'h available', 'h available', 'ghost unknown'],
    0,
  ]);
});

test('at the deadline the rest is pending, and what comes after it fills the cache', async () => {
  const bench = await benchOf(['h', 'm1', 'm2'], ['h']);
  const release = bench.source.hold();
  const { unfolding } = ask(bench, ['m1', 'm2', 'h'], { deadlineMs: 300 });
  await settle();
  expect(statuses(unfolding)).toEqual(['h available']);
  await bench.clock.advance(299);
  expect([statuses(unfolding), unfolding.progress()]).toEqual([[], { kind: 'under-way' }]);
  await bench.clock.advance(1);
  expect([statuses(unfolding, 1), statuses(unfolding), unfolding.progress()]).toEqual([
    ['m1 pending'],
    ['m2 pending'],
    { kind: 'over', isComplete: false },
  ]);
  release();
  await bench.reader.settled();
  expect((await bench.read(['m1', 'm2'], { deadlineMs: 0 })).map(({ status }) => status)).toEqual([
    'available',
    'available',
  ]);
});

test('a deadline of 0 asks the cache alone, and is complete', async () => {
  const bench = await benchOf(['h', 'm'], ['h']);
  const { unfolding } = ask(bench, ['m', 'h'], { deadlineMs: 0 });
  await settle();
  expect([statuses(unfolding), unfolding.progress()]).toEqual([
    ['h available', 'm pending'],
    { kind: 'over', isComplete: true },
  ]);
  expect(bench.source.calls).toEqual([]);
});

test('what upstream fails to give is pending when all is known, not at the deadline', async () => {
  const bench = await benchOf(['m']);
  bench.source.failNext(new Error('down'));
  const { unfolding } = ask(bench, ['m']);
  await settle();
  expect([statuses(unfolding), unfolding.progress()]).toEqual([['m pending'], { kind: 'over', isComplete: true }]);
});

test('visibility is decided when a home is taken: a rule that turned stricter since it became known counts', async () => {
  const bench = createReadingBench();
  bench.home('p1', { mlsId: 'mls' });
  await bench.rule({ mlsId: 'mls', ruleVersion: 1, activeLevel: 'unregistered', offMarketLevel: 'unregistered' });
  bench.source.set('p1', estimateOf(1));
  await bench.clock.advance(5_000);
  await bench.plant('p1');
  const { unfolding, told } = ask(bench, ['p1'], { role: 'registered' });
  await settle();
  expect(told.times).toBeGreaterThan(0);
  await bench.rule({ mlsId: 'mls', ruleVersion: 2, activeLevel: 'agent', offMarketLevel: 'agent' });
  expect(shown(unfolding.take(10))).toEqual(['p1 restricted agent']);
});

test('who may not see a value is told so before it is fetched, and once', async () => {
  const bench = await benchOf(['p1']);
  bench.home('p2', { overrideLevel: 'agent' });
  bench.source.set('p2', estimateOf(1));
  const release = bench.source.hold();
  const seer = ask(bench, ['p2'], { role: 'agent' });
  await settle();
  const { unfolding } = ask(bench, ['p2'], { role: 'registered' });
  await settle();
  expect([statuses(unfolding), unfolding.untaken(), statuses(seer.unfolding)]).toEqual([['p2 restricted'], 0, []]);
  release();
  await settle();
  expect([statuses(unfolding), statuses(seer.unfolding)]).toEqual([[], ['p2 available']]);
});

test('whoever leaves is waited for no more: what was begun fills the cache, and nothing stays in flight', async () => {
  const bench = await benchOf(['m']);
  const release = bench.source.hold();
  const { unfolding } = ask(bench, ['m'], { deadlineMs: 5_000 });
  await settle();
  unfolding.leave();
  await settle();
  expect(unfolding.progress().kind).toBe('over');
  release();
  await settle();
  await bench.reader.settled();
  expect([bench.reader.inFlight(), (await bench.read('m', { deadlineMs: 0 }))[0]?.status]).toEqual([0, 'available']);
});

test('whoever leaves before the cache has answered causes no fetch', async () => {
  const bench = await benchOf(['m']);
  const { unfolding } = ask(bench, ['m'], { deadlineMs: 5_000 });
  unfolding.leave();
  await settle();
  await bench.reader.settled();
  expect([bench.source.calls, unfolding.progress().kind]).toEqual([[], 'over']);
});

test('a wait for the fetch of another process ends with the last one who waits, and not at the deadline', async () => {
  const bench = await benchOf(['m']);
  const release = bench.source.hold();
  const other = bench.another();
  void other.read({ propertyIds: ['m'], role: 'agent', deadlineMs: 5_000 });
  await settle();
  const first = ask(bench, ['m'], { deadlineMs: 5_000 });
  const second = ask(bench, ['m'], { deadlineMs: 5_000 });
  await settle();
  expect(bench.reader.inFlight()).toBe(1);
  first.unfolding.leave();
  await bench.clock.advance(200);
  expect(bench.reader.inFlight()).toBe(1); // the second waits on
  second.unfolding.leave();
  await bench.clock.advance(200);
  expect(bench.reader.inFlight()).toBe(0);
  release();
});

test('without the cache it comes the same way, and leaving ends it', async () => {
  const bench = await benchOf(['m']);
  bench.home('hidden', { overrideLevel: 'nobody' });
  const release = bench.source.hold();
  const { unfolding } = ask(bench, ['m', 'hidden'], { bypassesCache: true });
  await settle();
  expect(statuses(unfolding)).toEqual(['hidden withheld']);
  const left = ask(bench, ['m'], { bypassesCache: true });
  left.unfolding.leave();
  await settle();
  expect(left.unfolding.progress()).toEqual({ kind: 'over', isComplete: false });
  release();
  await settle();
  expect([statuses(unfolding), unfolding.progress()]).toEqual([['m available'], { kind: 'over', isComplete: true }]);
});

test('what was taken softly expired is refreshed behind the answer', async () => {
  const bench = await benchOf(['h'], ['h']);
  await bench.clock.advance(290_000);
  const { unfolding } = ask(bench, ['h']);
  await settle();
  expect(statuses(unfolding)).toEqual(['h available']);
  await bench.reader.settled();
  expect(bench.source.calls).toEqual([['h']]);
});

test('a bug on the way is handed to whoever asked, and to nobody else', async () => {
  const bench = await benchOf(['h'], ['h']);
  Object.defineProperty(bench.rules, 'isUsable', {
    value: () => {
      throw new TypeError('a bug');
    },
  });
  const { unfolding } = ask(bench, ['h']);
  await settle();
  expect(() => unfolding.take(1)).toThrow('a bug');
});
