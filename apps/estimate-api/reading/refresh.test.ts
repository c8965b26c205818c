import { describe, expect, test } from '@jest/globals';
import { SourceUnavailable } from '@porchlight/estimate-source';
import { benchOfOneHome, estimateOf, jsonOfValue, settle, shown } from '../testing/reading-bench.ts';

const VALUE = jsonOfValue(500_000);

describe('soft expiry (85 % of the TTL)', () => {
  const SOFT_MS = 0.85 * 300_000;

  test('the value is served while one caller of the fleet refreshes it', async () => {
    const { read, another, source, clock, counted } = benchOfOneHome();
    await read('p1');
    source.set('p1', estimateOf(2, 600_000));
    await clock.advance(SOFT_MS);
    const question = { propertyIds: ['p1'], role: 'agent', deadlineMs: 1_000 } as const;
    const other = another();
    const answers = await Promise.all([read('p1'), read('p1'), other.read(question)]);
    expect(answers.flatMap(shown)).toEqual(new Array(3).fill(`p1 available ${VALUE}`));
    await settle();
    expect(source.calls).toEqual([['p1'], ['p1']]);
    expect(shown(await read('p1'))).toEqual([`p1 available ${jsonOfValue(600_000)}`]);
    expect([counted['lease:win'], counted['lease:wait']]).toEqual([2, 1]);
  });

  test('a viewer who may not see the value does not refresh it, and asks for no lease', async () => {
    const { read, home, source, clock, counted } = benchOfOneHome();
    home('p2', { overrideLevel: 'agent' });
    source.set('p2', estimateOf(1));
    await read('p2', { role: 'agent' });
    await clock.advance(SOFT_MS);
    expect(shown(await read('p2', { role: 'verified' }))).toEqual(['p2 restricted agent']);
    await settle();
    expect([source.calls, counted['lease:win']]).toEqual([[['p2']], 1]);
  });

  test('a home that is not refreshed softly is served until it expires, and then a miss', async () => {
    const refreshesSoftly = (propertyId: string) => propertyId !== 'p1';
    const { read, source, clock } = benchOfOneHome({ refreshesSoftly });
    await read('p1');
    source.set('p1', estimateOf(2, 600_000));
    await clock.advance(SOFT_MS);
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    await settle();
    expect(source.calls).toEqual([['p1']]);
    await clock.advance(300_000);
    expect(shown(await read('p1'))).toEqual([`p1 available ${jsonOfValue(600_000)}`]);
  });

  test('goes behind users, and stays away while upstream is left alone: what is served is good for a while', async () => {
    const { read, source, clock, upstream, counted } = benchOfOneHome();
    const lanes: (string | undefined)[] = [];
    const fetch = source.fetch.bind(source);
    source.fetch = (ids, options) => (lanes.push(options?.lane), fetch(ids, options));
    await read('p1');
    await clock.advance(SOFT_MS);
    upstream.refusesBackground = true;
    expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
    await settle();
    expect([lanes, counted['lease:win']]).toEqual([[undefined], 1]);
    upstream.refusesBackground = false;
    await read('p1');
    await settle();
    expect([lanes, counted['lease:win']]).toEqual([[undefined, 'background'], 2]);
  });

  test('a refresh that nobody waits for is waited for by a stop: it was paid for, and is filled', async () => {
    const { read, source, clock, reader, counted } = benchOfOneHome();
    await read('p1');
    await clock.advance(SOFT_MS);
    const letGo = source.hold();
    await read('p1');
    await settle();
    let isSettled = false;
    const settled = reader.settled().then(() => (isSettled = true));
    await settle();
    expect(isSettled).toBe(false);
    letGo();
    await settled;
    expect(counted['fill:ok']).toBe(2);
  });

  test('a refresh that fails leaves the value in place and a back-off', async () => {
    const { read, source, clock, counted } = benchOfOneHome();
    await read('p1');
    await clock.advance(SOFT_MS);
    source.failAlways(new SourceUnavailable('a test'));
    for (let time = 0; time < 3; time += 1) {
      expect(shown(await read('p1'))).toEqual([`p1 available ${VALUE}`]);
      await settle();
    }
    expect([source.calls.length, counted['lease:wait']]).toEqual([2, 2]);
  });
});
