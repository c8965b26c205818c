import { describe, expect, test } from '@jest/globals';
import type { Role } from '@porchlight/visibility';
import { benchOfOneHome, estimateOf, jsonOfValue, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);
const HIDDEN = 'hidden';
const RULE = { mlsId: 'm1', ruleVersion: 1, activeLevel: 'agent', offMarketLevel: 'agent' } as const;

/** A home that upstream knows and its seller shows to agents alone; and what is asked of Redis and of the database. */
function bench(fields: Parameters<ReturnType<typeof benchOfOneHome>['home']>[1] = { overrideLevel: 'agent' }) {
  const all = benchOfOneHome();
  all.home(HIDDEN, fields);
  all.source.set(HIDDEN, estimateOf(1));
  const asked: string[] = [];
  Object.assign(all.beforeCache, { acquire: () => void asked.push('acquire'), fill: () => void asked.push('fill') });
  Object.assign(all.beforeCatalog, { factsOf: () => void asked.push('facts') });
  Object.assign(all.beforeChecks, { factsOf: () => void asked.push('check') });
  return {
    ...all,
    /** What was asked for since the last look. */
    takeAsked: () => asked.splice(0),
    ask: async (role: Role, deadlineMs = 1_000) => shown(await all.read(HIDDEN, { role, deadlineMs })).join(),
  };
}

describe('a viewer who may not see a home', () => {
  test.each([
    ['restricted', { overrideLevel: 'agent' }, 'hidden restricted agent'],
    ['withheld', { overrideLevel: 'nobody' }, 'hidden withheld'],
  ] as const)('costs the database one read, and the next one nothing: %s', async (_status, fields, told) => {
    const { ask, takeAsked, source, another } = bench(fields);
    expect([await ask('registered'), takeAsked()]).toEqual([told, ['acquire', 'facts', 'fill']]);
    expect([await ask('verified'), await ask('unregistered'), takeAsked()]).toEqual([told, told, []]);
    const elsewhere = await another().read({ propertyIds: [HIDDEN], role: 'registered', deadlineMs: 1_000 });
    expect([shown(elsewhere).join(), elsewhere[0]?.source, takeAsked()]).toEqual([told, 'hit', []]);
    expect(source.calls).toEqual([]);
  });

  test('is answered in one pass with the homes that it may see', async () => {
    const { ask, read, plant, takeAsked } = bench();
    await plant('p1');
    await ask('registered');
    takeAsked();
    const results = await read(['p1', HIDDEN], { role: 'registered', deadlineMs: 0 });
    expect(shown(results)).toEqual([`p1 available ${VALUE}`, 'hidden restricted agent']);
    expect([results.map(({ source }) => source), takeAsked()]).toEqual([['hit', 'hit'], []]);
  });

  test('asks for nothing when the facts near their end: only who may see a home refreshes it', async () => {
    const { ask, clock, takeAsked, reader } = bench({ overrideLevel: 'agent', status: 'off_market' });
    await ask('registered');
    takeAsked();
    await clock.advance(13_000_000); // beyond the soft expiry
    expect(await ask('registered')).toBe('hidden restricted agent');
    await reader.settled();
    expect(takeAsked()).toEqual(['check']);
  });

  test('is told with a doubt that is counted once', async () => {
    const { ask, counted } = bench({ mlsId: 'nobody-knows-it' });
    await ask('agent');
    const once = Object.entries(counted).filter(([name]) => name.startsWith('doubt:'));
    expect(await ask('agent')).toBe('hidden withheld');
    expect(Object.entries(counted).filter(([name]) => name.startsWith('doubt:'))).toEqual(
      once.map(([name, times]) => [name, times + 1]),
    );
  });
});

describe('whoever may see it', () => {
  test('gets the value through a fetch at once, and then all are answered from one value', async () => {
    const { ask, takeAsked, source } = bench();
    await ask('registered');
    takeAsked();
    expect([await ask('agent'), takeAsked()]).toEqual([`hidden available ${VALUE}`, ['acquire', 'facts', 'fill']]);
    expect([await ask('agent'), await ask('registered'), takeAsked()]).toEqual([
      `hidden available ${VALUE}`,
      'hidden restricted agent',
      [],
    ]);
    expect(source.calls).toEqual([[HIDDEN]]);
  });

  test('is told `pending`, never `none`, where nothing may be waited for or upstream fails', async () => {
    const { ask, source } = bench();
    await ask('registered');
    expect(await ask('agent', 0)).toBe('hidden pending');
    source.failAlways(new Error('told to fail'));
    expect([await ask('agent'), await ask('registered')]).toEqual(['hidden pending', 'hidden restricted agent']);
  });

  test('is told `none` once upstream has said so', async () => {
    const { ask, source, takeAsked } = bench();
    source.set(HIDDEN, null);
    await ask('registered');
    expect([await ask('agent'), source.calls.length]).toEqual(['hidden none', 1]);
    takeAsked();
    expect([await ask('agent'), takeAsked()]).toEqual(['hidden none', []]);
  });

  test('gets a home that is shown again at once, and not `none` for minutes', async () => {
    const { ask, catalog, cache, takeAsked } = bench({ overrideLevel: 'nobody' });
    expect(await ask('agent')).toBe('hidden withheld');
    await catalog.setOverride(HIDDEN, null);
    await cache.invalidate([{ propertyId: HIDDEN, visibilityVersion: 3 }]);
    takeAsked();
    expect([await ask('unregistered'), takeAsked()]).toEqual([
      `hidden available ${VALUE}`,
      ['acquire', 'facts', 'fill'],
    ]);
  });

  test('gets a home whose MLS loosens its rule, though nothing is invalidated', async () => {
    const { ask, rule, clock } = bench({ mlsId: 'm1' });
    await rule(RULE);
    expect(await ask('registered')).toBe('hidden restricted agent');
    await rule({ ...RULE, ruleVersion: 2, activeLevel: 'registered' });
    await clock.advance(3_000); // the watermark is a second behind
    expect([await ask('registered'), await ask('unregistered')]).toEqual([
      `hidden available ${VALUE}`,
      'hidden restricted registered',
    ]);
  });

  test('gets it also if ACQUIRE says that it is cached, and facts alone are by the time that it is read', async () => {
    const { ask, plant, cache, catalog, beforeCache, source } = bench();
    let reads = 0;
    let asks = 0;
    Object.assign(beforeCache, {
      acquire: async () => {
        asks += 1;
        if (asks === 1) await plant(HIDDEN); // somebody has filled it since it was read
      },
      read: async () => {
        reads += 1;
        if (reads !== 2) return;
        cache.evict(HIDDEN, 'value');
        const [won] = await cache.acquire([{ propertyId: HIDDEN, nonce: 'other' }], 's');
        const facts = (await catalog.factsOf([HIDDEN])).get(HIDDEN);
        if (won?.outcome !== 'win' || facts === undefined) throw new Error('it cannot be filled');
        await cache.fill([{ propertyId: HIDDEN, class: 's', ticket: won.ticket, facts, estimate: 'unknown' }]);
      },
    });
    expect(await ask('agent')).toBe(`hidden available ${VALUE}`);
    expect([asks, source.calls]).toEqual([2, [[HIDDEN]]]);
  });
});

describe('facts alone that are too old', () => {
  test('are checked, and what is still so is told without a lease', async () => {
    const { ask, feed, clock, takeAsked } = bench();
    await ask('registered');
    feed.mark = () => null;
    await clock.advance(31_000);
    takeAsked();
    expect([await ask('registered'), takeAsked()]).toEqual(['hidden restricted agent', ['check']]);
  });

  test('are not checked for who may see the home, who reads the facts again in any case', async () => {
    const { ask, feed, clock, takeAsked } = bench();
    await ask('registered');
    feed.mark = () => null;
    await clock.advance(31_000);
    takeAsked();
    expect([await ask('agent'), takeAsked()]).toEqual([`hidden available ${VALUE}`, ['acquire', 'facts', 'fill']]);
  });

  test('go when they have changed, and the estimate is fetched for who may see it now', async () => {
    const { ask, feed, clock, catalog } = bench();
    await ask('registered');
    feed.mark = () => null;
    await clock.advance(31_000);
    await catalog.setOverride(HIDDEN, null);
    expect(await ask('registered')).toBe(`hidden available ${VALUE}`);
  });

  test('and known to hold only before a rule was followed: once they are checked, who may see the home gets it', async () => {
    const { ask, rule, feed, clock, takeAsked } = bench({ mlsId: 'm1' });
    await rule({ ...RULE, activeLevel: 'registered' });
    expect(await ask('unregistered')).toBe('hidden restricted registered');
    feed.mark = () => null;
    await clock.advance(10_000);
    await rule({ ...RULE, ruleVersion: 2, activeLevel: 'unregistered' });
    await clock.advance(1);
    takeAsked();
    await clock.advance(31_000);
    expect(await ask('unregistered')).toBe(`hidden available ${VALUE}`);
    expect(takeAsked()).toEqual(['check', 'acquire', 'facts', 'fill']);
  });

  test('are served unchecked while the database is away, and not for longer than FEED_DOWN_MS', async () => {
    const { ask, feed, clock, beforeChecks } = bench();
    await ask('registered');
    feed.mark = () => null;
    Object.assign(beforeChecks, { factsOf: () => Promise.reject(new Error('away')) });
    await clock.advance(31_000);
    expect(await ask('registered')).toBe('hidden restricted agent');
    await clock.advance(100_000);
    expect(await ask('registered')).toBe('hidden unavailable');
  });
});

describe('a fill of facts alone that is refused', () => {
  test('EPOCH: the facts are read again, and told', async () => {
    const { ask, catalog, cache, beforeCache, source } = bench();
    Object.assign(beforeCache, {
      fill: async () => {
        await catalog.setOverride(HIDDEN, 'nobody');
        await cache.invalidate([{ propertyId: HIDDEN, visibilityVersion: 3 }]);
      },
    });
    expect(await ask('registered')).toBe('hidden withheld');
    expect([await cache.read([HIDDEN]), source.calls]).toEqual([[null], []]);
  });

  test('by a value that somebody has filled meanwhile: that is told as far as the viewer may see it', async () => {
    const { ask, cache, catalog, beforeCache } = bench();
    let isFirst = true;
    Object.assign(beforeCache, {
      fill: async () => {
        if (!isFirst) return;
        isFirst = false;
        const { flight } = cache.stateOf(HIDDEN);
        await catalog.setOverride(HIDDEN, null);
        const facts = (await catalog.factsOf([HIDDEN])).get(HIDDEN);
        if (flight === null || facts === undefined) throw new Error('nobody flies');
        const ticket = { epoch: flight.epoch, nonce: 'another', acquiredAt: facts.checkedAt, seenSoftExpiryAt: null };
        await cache.fill([{ propertyId: HIDDEN, class: 'w', ticket, facts, estimate: estimateOf(1) }]);
      },
    });
    expect(await ask('registered')).toBe(`hidden available ${VALUE}`);
  });

  test('without a reply: told from facts that are read again', async () => {
    const { ask, cache, beforeCache, takeAsked } = bench();
    Object.assign(beforeCache, {
      fill: () => {
        cache.faults.losesAnswers = true;
      },
    });
    expect(await ask('registered')).toBe('hidden restricted agent');
    expect(takeAsked()).toEqual(['acquire', 'facts', 'facts']);
  });
});
