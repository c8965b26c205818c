import { expect, test } from '@jest/globals';
import { HomeChanger } from './change-homes.ts';

/** A changer whose words of a change are acknowledged by hand, in any order. */
function setUp() {
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  const told = (what: string) => {
    said.push(what);
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  let estimateVersion = 1;
  const changer = new HomeChanger({
    writer: {
      setOverride: async (propertyId, level) => {
        said.push(`${propertyId} ${level}`);
      },
    },
    revalue: async (propertyId) => {
      estimateVersion += 1;
      return { propertyId, estimateVersion, valueUsd: 2, lowUsd: 1, highUsd: 3, computedAt: 1_000 * estimateVersion };
    },
    contender: {
      factsChanged: (propertyId, version) => told(`${propertyId} facts ${version}`),
      estimateChanged: (estimate) => told(`${estimate.propertyId} estimate ${estimate.estimateVersion}`),
    },
    idOf: (home) => `home-${home}`,
    firstFacts: () => 5,
  });
  /** Acknowledges the next word, once it is there. */
  const acknowledge = async (): Promise<void> => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    waiting.shift()?.();
  };
  return { changer, said, acknowledge };
}
const turn = { atMs: 0, home: 1, kind: 'visibility', lagMs: 0 } as const;

test('a home is hidden and shown by turns, and each word of it waits for the one before', async () => {
  const { changer, said, acknowledge } = setUp();
  const both = Promise.all([changer.change(turn), changer.change(turn)]);
  await acknowledge();
  expect(said.filter((each) => each.includes('facts'))).toEqual(['home-1 facts 6']);
  await acknowledge();
  await both;
  expect(said.filter((each) => !each.includes('facts'))).toEqual(['home-1 nobody', 'home-1 null']);
  expect(said.filter((each) => each.includes('facts'))).toEqual(['home-1 facts 6', 'home-1 facts 7']);
  const [history] = changer.histories();
  expect(history).toMatchObject({ home: 1, firstFacts: 5 });
  expect(history?.commits.map(({ kind, version }) => [kind, version])).toEqual([
    ['C', 6],
    ['C', 7],
  ]);
  expect(history?.acknowledged.map(({ kind, version }) => [kind, version])).toEqual([
    ['I', 6],
    ['I', 7],
  ]);
});

test('a change is acknowledged after its commit, not before', async () => {
  const { changer, acknowledge } = setUp();
  const changed = changer.change(turn);
  await acknowledge();
  await changed;
  const [history] = changer.histories();
  const [commit, acknowledged] = [history?.commits[0], history?.acknowledged[0]];
  expect(acknowledged?.began).toBeGreaterThanOrEqual(commit?.ended ?? Infinity);
});

test('another estimate is known by when it was computed', async () => {
  const { changer, acknowledge } = setUp();
  const changed = changer.change({ ...turn, kind: 'value' });
  await acknowledge();
  await changed;
  const [history] = changer.histories();
  expect(history?.versions).toEqual(new Map([[2_000, 2]]));
  expect(history?.acknowledged).toMatchObject([{ kind: 'U', home: 1, version: 2 }]);
  expect(history?.commits).toEqual([]);
});

test('a change that fails is told to whoever made it, and the next one of that home is made all the same', async () => {
  const said: string[] = [];
  let fails = true;
  const changer = new HomeChanger({
    writer: {
      setOverride: async () => {
        if (fails) throw new Error('the database is away');
      },
    },
    revalue: async () => {
      throw new Error('not here');
    },
    contender: {
      factsChanged: async (_propertyId, version) => void said.push(`facts ${version}`),
      estimateChanged: async () => undefined,
    },
    idOf: String,
    firstFacts: () => 1,
  });
  await expect(changer.change(turn)).rejects.toThrow('the database is away');
  fails = false;
  await changer.change(turn);
  expect(said).toEqual(['facts 2']);
});
