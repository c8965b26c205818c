import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Facts } from '@porchlight/contracts';
import type { CachedEstimate } from '@porchlight/estimate-cache';
import { ManualClock } from '@porchlight/stream';
import type { AppliedChange } from './invalidator.task.ts';
import { ConsistencySampler, sampleAges, SAMPLES_PER_ROUND_MAX, SETTLE_MS } from './sampler.ts';

const SECOND_MS = 1_000;
const ALL_AGES_S = 605;

const factsAt = (visibilityVersion: number, more: Partial<Facts> = {}): Facts => ({
  visibilityVersion,
  status: 'active',
  mlsId: 'm1',
  overrideLevel: null,
  checkedAt: 1,
  ...more,
});
const valueOf = (facts: Facts, estimateVersion: number | null = 5): CachedEstimate => ({
  propertyId: 'p1',
  class: 's',
  facts,
  isFactsOnly: false,
  estimateVersion,
  acquiredAt: 1,
  softExpiryAt: 2,
  hardExpiryAt: 3,
  estimateJson: null,
});
const changed = (version: number, more: Partial<AppliedChange> = {}): AppliedChange => ({
  topic: 'listing.status-changed',
  propertyId: 'p1',
  half: 'facts',
  version,
  outcome: 'removed',
  ...more,
});

let clock: ManualClock;
let cached: CachedEstimate | null;
let truth: Facts | undefined;
let isDown: boolean;
let order: string[];
let sampled: string[];
let wrong: string[];
let sampler: ConsistencySampler;

beforeEach(() => {
  clock = new ManualClock();
  [cached, truth, isDown] = [null, factsAt(2), false];
  [order, sampled, wrong] = [[], [], []];
  sampler = new ConsistencySampler({
    cache: {
      async read(ids) {
        order.push(`cache ${ids.join(' ')}`);
        return ids.map(() => cached);
      },
    },
    catalog: {
      async factsOf(ids) {
        if (isDown) throw new Error('told to be down');
        order.push(`primary ${ids.join(' ')}`);
        return new Map(ids.flatMap((id) => (truth === undefined ? [] : [[id, truth]])));
      },
    },
    clock,
    random: () => 0.5,
    report: {
      sampled: (age, outcome) => void sampled.push(`${age} ${outcome}`),
      inconsistent: (age, kind, change, found) =>
        void wrong.push(
          `${age} ${kind} ${change.half} ${change.version}: ${found.visibilityVersion} ${found.estimateVersion}`,
        ),
    },
  });
});

/** So many seconds, with a round in each. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    await clock.advance(SECOND_MS);
    await sampler.round();
  }
}

test('a change is looked at after a second, ten, a minute and ten minutes, and then no more', async () => {
  sampler.note(changed(2));
  await sampler.round();
  cached = valueOf(factsAt(2));
  await pass(ALL_AGES_S);
  expect(sampled).toEqual(['1s consistent', '10s consistent', '1m consistent', '10m consistent']);
  expect([wrong, sampler.pending()]).toEqual([[], 0]);
});

test('the cache is read before the primary, which can then only be newer', async () => {
  sampler.note(changed(2));
  await pass(2);
  expect(order).toEqual(['cache p1', 'primary p1']);
});

test('a home that nobody holds is consistent by itself', async () => {
  sampler.note(changed(2));
  await pass(2);
  expect(sampled).toEqual(['1s absent']);
});

describe('what is planted is found:', () => {
  test('facts older than the change that was applied', async () => {
    sampler.note(changed(2));
    cached = valueOf(factsAt(1));
    await pass(2);
    expect([sampled, wrong]).toEqual([['1s inconsistent'], ['1s below_fence facts 2: 1 5']]);
  });

  test('an estimate older than the one that was applied', async () => {
    sampler.note(changed(6, { topic: 'estimate.updated', half: 'estimate', outcome: 'updated' }));
    cached = valueOf(factsAt(2), 5);
    await pass(2);
    expect(wrong).toEqual(['1s below_fence estimate 6: 2 5']);
  });

  test.each([
    ['facts of the right version that are others', () => valueOf(factsAt(2, { status: 'off_market' })), 'differs'],
    ['another override of the right version', () => valueOf(factsAt(2, { overrideLevel: 'agent' })), 'differs'],
    ['facts newer than the primary’s', () => valueOf(factsAt(3)), 'ahead'],
  ])('%s', async (_what, plant, kind) => {
    sampler.note(changed(2));
    cached = plant();
    await pass(2);
    expect(wrong).toEqual([`1s ${kind} facts 2: ${cached.facts.visibilityVersion} 5`]);
  });

  test('a home that the primary does not have', async () => {
    sampler.note(changed(2));
    [cached, truth] = [valueOf(factsAt(2)), undefined];
    await pass(2);
    expect(wrong).toEqual(['1s unknown_home facts 2: 2 5']);
  });

  test('a value that comes back long after: at the next age', async () => {
    sampler.note(changed(2));
    await pass(11);
    cached = valueOf(factsAt(1));
    await pass(60);
    expect(sampled).toEqual(['1s absent', '10s absent', '1m inconsistent']);
    expect(wrong).toEqual(['1m below_fence facts 2: 1 5']);
  });

  test('a value that stays behind the primary for longer than a change takes', async () => {
    sampler.note(changed(2));
    [cached, truth] = [valueOf(factsAt(2)), factsAt(3)];
    await pass(1 + SETTLE_MS / SECOND_MS + 1);
    expect(wrong).toEqual(['1s behind facts 2: 2 5']);
  });
});

test('a primary that has moved on a moment ago is no inconsistency, once the change has arrived', async () => {
  sampler.note(changed(2));
  [cached, truth] = [valueOf(factsAt(2)), factsAt(3)];
  await pass(2);
  expect(sampled).toEqual([]); // nothing is said before the second look
  [cached, truth] = [valueOf(factsAt(3)), factsAt(4)]; // version 3 is there; 4 is on its way
  await pass(SETTLE_MS / SECOND_MS);
  expect([sampled, wrong]).toEqual([['1s consistent'], []]);
});

test('a look at which the primary does not answer is counted as such, and the next one comes', async () => {
  isDown = true;
  sampler.note(changed(2));
  await pass(2);
  isDown = false;
  await pass(10);
  expect(sampled).toEqual(['1s unread', '10s absent']);
});

test('of many changes only a few are followed, drawn from all of them', async () => {
  for (let n = 0; n < 1_000; n += 1) sampler.note(changed(2, { propertyId: `p${n}` }));
  await sampler.round();
  expect(sampler.pending()).toBe(SAMPLES_PER_ROUND_MAX * sampleAges.length);
  await pass(2);
  const [first = ''] = order;
  const homes = first
    .split(' ')
    .slice(1)
    .map((id) => Number(id.slice(1)));
  expect(homes.length).toBe(SAMPLES_PER_ROUND_MAX);
  expect(Math.max(...homes)).toBeGreaterThan(SAMPLES_PER_ROUND_MAX); // not the first of each second
});

test('rounds go on by themselves until they are stopped', async () => {
  const rounds = sampler.start(SECOND_MS);
  sampler.note(changed(2));
  for (let second = 0; second < 12; second += 1) await clock.advance(SECOND_MS);
  expect(sampled).toEqual(['1s absent', '10s absent']);
  await rounds.stop();
  for (let second = 0; second < 60; second += 1) await clock.advance(SECOND_MS);
  expect(sampled.length).toBe(2);
});
