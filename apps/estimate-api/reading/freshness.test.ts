import { describe, expect, test } from '@jest/globals';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = `p1 available ${jsonOfValue(500_000)}`;
const SECOND_MS = 1_000;

/** A home that upstream knows; off-market, so that its facts are believed for four hours. */
function bench(options: Parameters<typeof benchOfOneHome>[0] = {}) {
  const all = benchOfOneHome(options, { status: 'off_market' });
  const rows: string[] = [];
  Object.assign(all.beforeChecks, { factsOf: (ids: string[]) => void rows.push(...ids) });
  return {
    ...all,
    /** Homes whose facts were asked for by a CHECK. */
    rows,
    /** The feed says nothing any more, from now on. */
    stopFeed: () => {
      const stoppedAt = all.clock.now();
      all.feed.mark = () => ({ watermarkAt: stoppedAt, sinceAt: 0 });
    },
  };
}

const rule = (ruleVersion: number, level: 'unregistered' | 'agent') => ({
  mlsId: 'm1',
  ruleVersion,
  activeLevel: level,
  offMarketLevel: level,
});

describe('while the feed runs', () => {
  test('no hit is checked, however often and however long it is asked for', async () => {
    const { read, plant, clock, rows } = bench();
    await plant('p1');
    for (let second = 0; second < 600; second += 1) {
      expect(shown(await read('p1'))).toEqual([VALUE]);
      await clock.advance(SECOND_MS);
    }
    expect(rows).toEqual([]);
  });
});

describe('while the feed is silent', () => {
  test('a change is obeyed once feedStaleMs have passed, though nobody invalidates', async () => {
    const { read, plant, clock, catalog, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    await catalog.setOverride('p1', 'agent');
    await clock.advance(30 * SECOND_MS);
    expect(shown(await read('p1', { role: 'unregistered' }))).toEqual([VALUE]);
    await clock.advance(1);
    expect(shown(await read('p1', { role: 'unregistered' }))).toEqual(['p1 restricted agent']);
  });

  test('the database sees one row a home and feedStaleMs, of a fleet that asks ten times a second', async () => {
    const { read, plant, another, clock, rows, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    const others = [another(), another()];
    const question = { propertyIds: ['p1'], role: 'agent', deadlineMs: 1_000 } as const;
    for (let asked = 0; asked < 3_000; asked += 1) {
      await Promise.all([read('p1'), read('p1')]);
      for (const other of others) await other.read(question);
      await clock.advance(100);
    }
    expect(rows.length).toBeLessThanOrEqual(10); // in 300 s
    expect(rows.length).toBeGreaterThanOrEqual(9);
  });

  test('checks of one home that come together are one', async () => {
    const { read, plant, clock, rows, beforeChecks, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    await clock.advance(31 * SECOND_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(beforeChecks, { factsOf: (ids: string[]) => (rows.push(...ids), promise) });
    const answers = [read('p1'), read('p1'), read('p1')];
    await settle();
    resolve();
    expect((await Promise.all(answers)).map(shown)).toEqual([[VALUE], [VALUE], [VALUE]]);
    expect(rows).toEqual(['p1']);
  });

  test('who comes before Redis has been told of a check is answered by it', async () => {
    const { read, plant, clock, rows, beforeCache, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    await clock.advance(31 * SECOND_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(beforeCache, { touch: () => promise });
    expect([shown(await read('p1')), shown(await read('p1'))]).toEqual([[VALUE], [VALUE]]);
    resolve();
    await settle();
    expect([shown(await read('p1')), rows]).toEqual([[VALUE], ['p1']]);
  });

  test('a check of an older version answers nobody who has read a newer one', async () => {
    const { read, plant, clock, catalog, cache, rows, beforeChecks, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    await clock.advance(31 * SECOND_MS);
    const held = Promise.withResolvers<void>();
    let queries = 0;
    Object.assign(beforeChecks, {
      factsOf: (ids: string[]) => (rows.push(...ids), (queries += 1) === 1 ? held.promise : undefined),
    });
    const first = read('p1');
    await settle();
    await catalog.setOverride('p1', 'agent');
    await cache.invalidate([{ propertyId: 'p1', visibilityVersion: 2 }]);
    await plant('p1', { checkedAgoMs: 40 * SECOND_MS });
    expect(shown(await read('p1', { role: 'verified' }))).toEqual(['p1 restricted agent']);
    held.resolve();
    await first;
    expect(rows).toEqual(['p1', 'p1']);
  });

  test('more checks than may wait: served until feedDownMs, then unavailable', async () => {
    const { read, plant, home, clock, beforeChecks, stopFeed } = bench({
      limits: { checksAtOnceMax: 1, checksWaitingMax: 0 },
    });
    home('p2', { status: 'off_market' });
    await plant('p1');
    await plant('p2');
    stopFeed();
    await clock.advance(120 * SECOND_MS);
    Object.assign(beforeChecks, { factsOf: () => new Promise(() => undefined) });
    void read('p2');
    await settle();
    expect(shown(await read('p1'))).toEqual([VALUE]);
    await clock.advance(1);
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
  });

  test('without a database: served until feedDownMs, then unavailable, and checked again when it is back', async () => {
    const { read, plant, clock, catalog, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    catalog.setUnavailable(true);
    await clock.advance(120 * SECOND_MS);
    expect(shown(await read('p1'))).toEqual([VALUE]);
    await clock.advance(1);
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
    catalog.setUnavailable(false);
    expect(shown(await read('p1'))).toEqual([VALUE]);
  });

  test('a database that has been silent for long costs no answer its deadline', async () => {
    const { read, plant, home, clock, catalog, database, beforeChecks, counted, stopFeed } = bench();
    home('p2', { status: 'off_market' });
    await plant('p1');
    await plant('p2');
    stopFeed();
    await clock.advance(60 * SECOND_MS);
    database.isSilent = true;
    catalog.setUnavailable(true);
    await read('p2'); // a check that fails: from then on nobody waits
    catalog.setUnavailable(false);
    const held = Promise.withResolvers<void>();
    Object.assign(beforeChecks, { factsOf: () => held.promise });
    expect(shown(await read('p1'))).toEqual([VALUE]);
    expect(shown(await read('p1', { deadlineMs: 0 }))).toEqual([VALUE]);
    held.resolve();
    await settle();
    expect(counted).toEqual({ 'check:refused': 1, 'check:same': 1 });
  });

  test('while checks are answered, polls that are not are no reason to serve what should be checked', async () => {
    const { read, plant, clock, catalog, database, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    await catalog.setOverride('p1', 'agent');
    await clock.advance(31 * SECOND_MS);
    database.isSilent = true;
    expect(shown(await read('p1', { role: 'unregistered' }))).toEqual(['p1 restricted agent']);
  });

  test('while polls are answered, a check that failed is no reason to serve what should be checked', async () => {
    const { read, plant, home, clock, catalog, stopFeed } = bench();
    home('p2', { status: 'off_market' });
    await plant('p1');
    await plant('p2');
    stopFeed();
    await catalog.setOverride('p1', 'agent');
    await clock.advance(31 * SECOND_MS);
    catalog.setUnavailable(true);
    await read('p2');
    catalog.setUnavailable(false);
    expect(shown(await read('p1', { role: 'unregistered' }))).toEqual(['p1 restricted agent']);
  });

  test('a silent database does not make a value good that is older than feedDownMs', async () => {
    const { read, plant, clock, database, catalog, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    database.isSilent = true;
    catalog.setUnavailable(true);
    await clock.advance(60 * SECOND_MS);
    await read('p1');
    await clock.advance(60 * SECOND_MS + 1);
    expect(shown(await read('p1'))).toEqual(['p1 unavailable']);
  });
});

describe('marks', () => {
  test('where none is believed, a value is believed by its own check alone', async () => {
    const { read, plant, clock, feed, rows } = bench();
    await plant('p1');
    feed.mark = () => null;
    await clock.advance(30 * SECOND_MS);
    await read('p1');
    expect(rows).toEqual([]);
    await clock.advance(1);
    await read('p1');
    expect(rows).toEqual(['p1']);
  });

  test('a value that was checked before `since` is checked once more, and is covered from then on', async () => {
    const { read, plant, clock, feed, rows } = bench();
    await plant('p1');
    await clock.advance(60 * SECOND_MS);
    const sinceAt = clock.now();
    feed.mark = () => ({ watermarkAt: clock.now(), sinceAt });
    await clock.advance(SECOND_MS);
    await read('p1');
    await settle();
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(60 * SECOND_MS);
      await read('p1');
    }
    expect(rows).toEqual(['p1']);
  });

  test('those that were read after the cache do not speak for what was read from it', async () => {
    const { read, plant, clock, feed, beforeCache, rows, stopFeed } = bench();
    await plant('p1');
    stopFeed();
    await clock.advance(31 * SECOND_MS);
    Object.assign(beforeCache, {
      read: () => void (feed.mark = () => ({ watermarkAt: clock.now(), sinceAt: 0 })),
    });
    await read('p1');
    expect(rows).toEqual(['p1']);
  });
});

describe('MLS rules', () => {
  test('hits are checked until the watermark has passed the first load of a process that has just started', async () => {
    const { read, home, plant, rule: see, clock, rows } = bench();
    home('p2', { mlsId: 'm1' });
    await plant('p2');
    await clock.advance(10 * SECOND_MS);
    await see(rule(1, 'unregistered'));
    await read('p2');
    expect(rows).toEqual(['p2']);
    await plant('p1');
    await clock.advance(5 * SECOND_MS); // the watermark is a second behind
    expect((await read(['p1', 'p2'])).map(({ status }) => status)).toEqual(['available', 'available']);
    expect(rows).toEqual(['p2']);
  });

  test('what cannot be checked then is not shown, though it is young', async () => {
    const { read, home, plant, rule: see, clock, catalog } = bench();
    home('p2', { mlsId: 'm1' });
    await plant('p2');
    await clock.advance(10 * SECOND_MS);
    await see(rule(1, 'unregistered'));
    catalog.setUnavailable(true);
    expect(shown(await read('p2'))).toEqual(['p2 unavailable']);
  });

  test('a looser rule counts for a hit once the watermark has passed its first sight, for a miss at once', async () => {
    const { read, home, plant, rule: see, source, clock } = bench();
    for (const id of ['hit', 'miss']) {
      home(id, { mlsId: 'm1' });
      source.set(id, estimateOf(1));
    }
    await see(rule(1, 'agent'));
    await clock.advance(2 * SECOND_MS);
    await plant('hit');
    await clock.advance(SECOND_MS);
    await see(rule(2, 'unregistered'));
    await clock.advance(10);
    const asked = () => read(['hit', 'miss'], { role: 'unregistered' });
    expect((await asked()).map(({ status }) => status)).toEqual(['restricted', 'available']);
    await clock.advance(SECOND_MS);
    expect((await asked()).map(({ status }) => status)).toEqual(['available', 'available']);
  });

  test('facts that were read before a rule leapt over a version are not shown: that version may have been stricter', async () => {
    const { read, home, rule: see, source, clock } = bench();
    home('p2', { mlsId: 'm1' });
    source.set('p2', estimateOf(1));
    await see(rule(1, 'unregistered'));
    await clock.advance(SECOND_MS);
    const letGo = source.hold();
    const answer = read('p2', { role: 'unregistered' });
    await settle();
    await clock.advance(500);
    await see(rule(3, 'unregistered'));
    letGo();
    expect(shown(await answer)).toEqual(['p2 unavailable']);
    await clock.advance(10);
    expect((await read('p2', { role: 'unregistered' })).map(({ status }) => status)).toEqual(['available']);
  });

  test('a stricter rule counts at once', async () => {
    const { read, home, plant, rule: see, clock } = bench();
    home('p2', { mlsId: 'm1' });
    await see(rule(1, 'unregistered'));
    await clock.advance(2 * SECOND_MS);
    await plant('p2');
    expect((await read('p2', { role: 'unregistered' })).map(({ status }) => status)).toEqual(['available']);
    await see(rule(2, 'agent'));
    expect(shown(await read('p2', { role: 'unregistered' }))).toEqual(['p2 restricted agent']);
  });

  test('a home of an MLS that nobody knows is withheld, and counted', async () => {
    const { read, home, source, counted } = bench();
    home('p2', { mlsId: 'nowhere' });
    source.set('p2', estimateOf(1));
    expect(shown(await read('p2'))).toEqual(['p2 withheld']);
    expect([source.calls, counted['doubt:unknown-mls']]).toEqual([[], 1]);
  });
});

test('a value that somebody filled meanwhile with facts that are old is checked like any other', async () => {
  const { read, plant, catalog, clock, beforeCache, rows, stopFeed } = bench();
  stopFeed();
  await clock.advance(100 * SECOND_MS);
  let reads = 0;
  Object.assign(beforeCache, {
    acquire: async () => {
      if ((reads += 1) === 1) await plant('p1', { checkedAgoMs: 40 * SECOND_MS });
    },
  });
  expect([shown(await read('p1')), rows]).toEqual([[VALUE], ['p1']]);
  await clock.advance(40 * SECOND_MS);
  await catalog.setOverride('p1', 'agent');
  expect(shown(await read('p1', { role: 'unregistered' }))).toEqual(['p1 restricted agent']);
});
