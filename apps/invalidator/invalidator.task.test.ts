import { describe, expect, test } from '@jest/globals';
import { topics, type Estimate, type Facts, type Topic } from '@porchlight/contracts';
import { memoryEstimateCache } from '@porchlight/estimate-cache';
import { CatalogUnavailable } from '@porchlight/property-catalog';
import { createTestRun, ManualClock, type TestRecord } from '@porchlight/stream';
import { describeConfig } from '@porchlight/service';
import { config } from './config.ts';
import { createInvalidator } from './invalidator.task.ts';
import { unmarkedFeed } from './testing/unmarked-feed.ts';

const START = new ManualClock().now();
const estimate: Estimate = { estimateVersion: 3, valueUsd: 5, lowUsd: 4, highUsd: 6, computedAt: 1 };
const revalued = { valueUsd: 7, lowUsd: 6, highUsd: 8, computedAt: 2 };
const factsAt = (visibilityVersion: number): Facts => ({
  visibilityVersion,
  status: 'off_market',
  mlsId: null,
  overrideLevel: null,
  checkedAt: START,
});
const DAY_MS = 86_400_000;
const NOT_AVRO = Buffer.from('not avro');

async function setUp(homes: Record<string, Facts> = {}) {
  const clock = new ManualClock(START);
  const cache = memoryEstimateCache({ clock });
  const counted: string[] = [];
  const unreadable: object[] = [];
  const applied: string[] = [];
  const failures: Error[] = [];
  const definitions = createInvalidator({
    cache,
    catalog: {
      factsOf: async (ids) => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return new Map(ids.flatMap((id) => (homes[id] === undefined ? [] : [[id, homes[id]]])));
      },
    },
    feed: unmarkedFeed(),
    concurrentRecordsMax: 4,
    count: (topic, outcome) => void counted.push(`${topic} ${outcome}`),
    onApplied: ({ propertyId, half, version, outcome }) =>
      void applied.push(`${propertyId} ${half} ${version} ${outcome}`),
    onUnreadableKey: (at) => void unreadable.push(at),
  });
  const run = createTestRun({ definitions, clock });
  await run.startMember();
  const fill = async (propertyId: string): Promise<void> => {
    const [won] = await cache.acquire([{ propertyId, nonce: 'n' }], 's');
    if (won?.outcome !== 'win') throw new Error('a first caller wins');
    await cache.fill([{ propertyId, class: 's', ticket: won.ticket, facts: factsAt(1), estimate }]);
  };
  /** Puts the records into the log and waits until they are done; retries pass on the manual clock. */
  const apply = async (...records: TestRecord<never>[]): Promise<void> => {
    for (const record of records) run.append(record);
    for (let tick = 0; tick < 20; tick += 1) await run.advance(500);
  };
  const stored = async (propertyId: string) => (await cache.read([propertyId]))[0];
  return { definitions, run, cache, counted, applied, unreadable, failures, fill, apply, stored };
}

const record = <V>(topic: Topic<V>, key: string | null, fields: { value?: V; bytes?: Buffer | null }) =>
  ({ topic, key, ...fields }) as unknown as TestRecord<never>;
const statusChanged = (propertyId: string, visibilityVersion: number, key = propertyId) =>
  record(topics.listingStatusChanged, key, {
    value: { propertyId, visibilityVersion, status: 'active', mlsId: null, changedAt: START },
  });
const overrideChanged = (propertyId: string, visibilityVersion: number) =>
  record(topics.sellerOverrideChanged, propertyId, {
    value: { propertyId, visibilityVersion, level: 'nobody', changedAt: START },
  });
const estimateUpdated = (propertyId: string, estimateVersion: number, value: typeof revalued | null = revalued) =>
  record(topics.estimateUpdated, propertyId, { value: { propertyId, estimateVersion, estimate: value } });

describe('a backlog', () => {
  test('is applied to the last change, however old: the definitions say so, and there is no variable that says otherwise', async () => {
    const { definitions, run, fill, apply, stored } = await setUp();
    expect(definitions.map(({ catchUp }) => catchUp)).toEqual(['all', 'all', 'all']);
    expect(describeConfig(config)).not.toMatch(/skip|older than/i);
    await fill('old');
    await run.advance(1_000);
    await apply({ ...statusChanged('old', 2), timestamp: START - DAY_MS });
    // A member that takes the partition on while a day's changes wait for it.
    run.log.commit(run.groupId, { topic: topics.listingStatusChanged.name, partition: 0 }, 0n);
    await fill('older');
    run.append({ ...statusChanged('older', 2), timestamp: START - DAY_MS });
    await run.log.rebalance(run.groupId);
    await apply();
    expect([await stored('old'), await stored('older'), run.skipped()]).toEqual([null, null, []]);
  });
});

describe('a change of visibility', () => {
  test.each([
    ['listing status', statusChanged],
    ['seller override', overrideChanged],
  ])('of the %s removes the value', async (_what, changed) => {
    const { fill, apply, stored, counted } = await setUp();
    await fill('p1');
    await apply(changed('p1', 2));
    expect(await stored('p1')).toBeNull();
    expect(counted.map((line) => line.split(' ')[1])).toEqual(['removed']);
  });

  test('that comes again, or late, removes nothing that is new enough', async () => {
    const { fill, apply, stored, counted } = await setUp();
    await fill('p1');
    await apply(statusChanged('p1', 1), statusChanged('p1', 1));
    expect((await stored('p1'))?.facts.visibilityVersion).toBe(1);
    expect(counted.map((line) => line.split(' ')[1])).toEqual(['already', 'already']);
  });

  test('of a home that nobody holds leaves nothing behind', async () => {
    const { apply, cache, counted } = await setUp();
    await apply(statusChanged('p1', 2));
    expect(cache.stateOf('p1')).toEqual({ value: null, flight: null });
    expect(counted.map((line) => line.split(' ')[1])).toEqual(['absent']);
  });

  test('is committed only after it is applied', async () => {
    const { fill, apply, cache, run, stored } = await setUp();
    await fill('p1');
    cache.faults.unavailable = true;
    await apply(statusChanged('p1', 2));
    expect(run.committed(topics.listingStatusChanged) ?? 0n).toBe(0n);
    cache.faults.unavailable = false;
    await apply();
    expect(await stored('p1')).toBeNull();
    expect(run.committed(topics.listingStatusChanged)).toBe(1n);
  });
});

test('whoever asks is told of each change whose effect is acknowledged, and of none that waits', async () => {
  const { fill, apply, cache, applied } = await setUp();
  await fill('p1');
  cache.faults.unavailable = true;
  await apply(statusChanged('p1', 2));
  expect(applied).toEqual([]);
  cache.faults.unavailable = false;
  await apply(estimateUpdated('p2', 7));
  expect(applied.toSorted()).toEqual(['p1 facts 2 removed', 'p2 estimate 7 absent']);
});

describe('an estimate.updated', () => {
  test('shows the new value without a fetch', async () => {
    const { fill, apply, stored } = await setUp();
    await fill('p1');
    await apply(estimateUpdated('p1', 4));
    const value = await stored('p1');
    expect([value?.estimateVersion, JSON.parse(value?.estimateJson?.toString() ?? '')]).toEqual([4, revalued]);
  });

  test('that withdraws the estimate leaves none', async () => {
    const { fill, apply, stored } = await setUp();
    await fill('p1');
    await apply(estimateUpdated('p1', 4, null));
    const value = await stored('p1');
    expect([value?.estimateVersion, value?.estimateJson]).toEqual([4, null]);
  });

  test('that is older changes nothing', async () => {
    const { fill, apply, stored, counted } = await setUp();
    await fill('p1');
    await apply(estimateUpdated('p1', 2));
    expect((await stored('p1'))?.estimateVersion).toBe(3);
    expect(counted).toEqual(['estimate.updated older']);
  });
});

test('a change of an MLS rule is counted, and nothing else: estimate-api polls the rules', async () => {
  const { fill, apply, stored, counted } = await setUp();
  await fill('p1');
  await apply(
    record(topics.mlsRuleChanged, 'm', {
      value: { mlsId: 'm', ruleVersion: 2, activeLevel: 'nobody', offMarketLevel: 'nobody', changedAt: START },
    }),
  );
  expect(await stored('p1')).not.toBeNull();
  expect(counted).toEqual(['visibility.mls-rule-changed counted']);
});

describe('a visibility record that cannot be applied', () => {
  test('costs its home the value, by what the primary says now, and is then parked with its bytes', async () => {
    const { run, fill, apply, stored } = await setUp({ p1: factsAt(2) });
    await fill('p1');
    await apply(record(topics.listingStatusChanged, 'p1', { bytes: NOT_AVRO }));
    expect(await stored('p1')).toBeNull();
    expect(run.parked().map(({ topic, code, key, value }) => [topic, code, key?.toString(), value])).toEqual([
      [topics.listingStatusChanged.name, 'UNDECODABLE', 'p1', NOT_AVRO],
    ]);
    expect(run.committed(topics.listingStatusChanged)).toBe(1n);
  });

  test('keeps a value that is as new as the primary', async () => {
    const { fill, apply, stored, counted } = await setUp({ p1: factsAt(1) });
    await fill('p1');
    await apply(record(topics.sellerOverrideChanged, 'p1', { bytes: NOT_AVRO }));
    expect(await stored('p1')).not.toBeNull();
    expect(counted).toEqual(['visibility.seller-override-changed already']);
  });

  test('is never parked before its home is invalidated: a database that is down is waited for', async () => {
    const { run, failures, fill, apply, stored } = await setUp({ p1: factsAt(2) });
    await fill('p1');
    failures.push(...Array.from({ length: 3 }, () => new CatalogUnavailable('told to be')));
    await apply(record(topics.listingStatusChanged, 'p1', { bytes: NOT_AVRO }));
    expect(run.retried()).toEqual(['CATALOG_UNAVAILABLE', 'CATALOG_UNAVAILABLE', 'CATALOG_UNAVAILABLE']);
    expect([await stored('p1'), run.parked().length]).toEqual([null, 1]);
  });

  test('about a home that does not exist is parked, and nothing else happens', async () => {
    const { run, apply, counted } = await setUp();
    await apply(record(topics.listingStatusChanged, 'nowhere', { bytes: NOT_AVRO }));
    expect([run.parked().length, counted]).toEqual([1, []]);
  });

  test.each([
    ['no key', null],
    ['a key that is no id', 'not an id'],
  ])('with %s raises an alert and is parked', async (_what, key) => {
    const { run, apply, counted, unreadable } = await setUp();
    await apply(record(topics.listingStatusChanged, key, { bytes: NOT_AVRO }));
    expect(counted).toEqual(['listing.status-changed unreadable_key']);
    expect(unreadable).toEqual([{ topic: 'listing.status-changed', partition: 0, offset: '0' }]);
    expect(run.parked().length).toBe(1);
  });

  test('because its key names another home than its value: both lose theirs', async () => {
    const { run, fill, apply, stored } = await setUp({ p2: factsAt(2) });
    await fill('p1');
    await fill('p2');
    await apply(statusChanged('p1', 2, 'p2'));
    expect([await stored('p1'), await stored('p2')]).toEqual([null, null]);
    expect(run.parked().map(({ code }) => code)).toEqual(['KEY_MISMATCH']);
  });
});

test('an estimate.updated that cannot be read is parked: its value ends with its TTL', async () => {
  const { run, fill, apply, stored, counted } = await setUp({ p1: factsAt(2) });
  await fill('p1');
  await apply(record(topics.estimateUpdated, 'p1', { bytes: NOT_AVRO }));
  expect([run.parked().length, counted]).toEqual([1, []]);
  expect(await stored('p1')).not.toBeNull();
});

test('changes of visibility go first: the estimates that came with them follow when they are applied', async () => {
  const { run, counted } = await setUp();
  const ids = Array.from({ length: 20 }, (_, n) => `p${n}`);
  for (const id of ids) {
    run.append(estimateUpdated(id, 2));
    run.append(statusChanged(id, 2));
  }
  await run.settle();
  const topicsInOrder = counted.map((line) => line.split(' ')[0]);
  expect(topicsInOrder).toHaveLength(40);
  const lastChangeAt = topicsInOrder.lastIndexOf(topics.listingStatusChanged.name);
  // as many estimates as are applied at once may have begun before the first change came
  expect(lastChangeAt).toBeLessThan(20 + 4);
  await run.stop();
});
