import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from '@jest/globals';
import type { Facts } from '@porchlight/contracts';
import { CatalogUnavailable } from '@porchlight/property-catalog';
import { createMergedFacts } from './merged-facts.ts';

const factsAt = (checkedAt: number): Facts => ({
  visibilityVersion: 1,
  status: 'active',
  mlsId: null,
  overrideLevel: null,
  checkedAt,
});

/** A catalog whose statements end when the test says so; `checkedAt` is the number of the statement. */
function setUp(options = { statementsMax: 1, homesMax: 5 }) {
  const asked: string[][] = [];
  const ends: ((error?: Error) => void)[] = [];
  const catalog = {
    async factsOf(propertyIds: readonly string[]) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const nth = asked.push([...propertyIds]);
      ends.push((error) => (error === undefined ? resolve() : reject(error)));
      await promise;
      return new Map(propertyIds.map((id) => [id, factsAt(nth)]));
    },
  };
  return { asked, ends, facts: createMergedFacts(catalog, options) };
}

test('what is asked while a statement is under way goes together in the next, never into the one that has begun', async () => {
  const { asked, ends, facts } = setUp();
  const calls = [facts.factsOf(['a']), facts.factsOf(['a', 'b']), facts.factsOf(['c'])];
  expect(asked).toEqual([['a']]);
  ends[0]?.();
  expect((await calls[0])?.get('a')?.checkedAt).toBe(1);
  ends[1]?.();
  expect((await calls[1])?.get('a')?.checkedAt).toBe(2);
  expect((await calls[2])?.get('c')?.checkedAt).toBe(2);
  expect(asked).toEqual([['a'], ['a', 'b', 'c']]);
});

test('nobody waits while a statement is free, and a statement stays within its bound', async () => {
  const { asked, ends, facts } = setUp({ statementsMax: 2, homesMax: 3 });
  const calls = [['a'], ['b'], ['c', 'd'], ['e'], ['f'], ['g', 'h', 'i', 'j']].map((ids) => facts.factsOf(ids));
  expect(asked).toEqual([['a'], ['b']]);
  for (let nth = 0; nth < 5; nth += 1) {
    ends[nth]?.();
    await calls[nth];
  }
  for (const end of ends) end();
  await Promise.all(calls);
  expect(asked).toEqual([['a'], ['b'], ['c', 'd', 'e'], ['f'], ['g', 'h', 'i', 'j']]);
});

test('a statement that fails is told to its callers and to nobody else', async () => {
  const { ends, facts } = setUp();
  const outcomes = [['a'], ['b'], ['c']].map((ids) =>
    facts.factsOf(ids).then(
      () => 'read',
      (error: unknown) => (error as CatalogUnavailable).code,
    ),
  );
  ends[0]?.(new CatalogUnavailable('told to be'));
  await outcomes[0];
  ends[1]?.();
  expect(await Promise.all(outcomes)).toEqual(['CATALOG_UNAVAILABLE', 'read', 'read']);
});

test('a statement runs in the context of its first caller, whoever made room for it', async () => {
  const context = new AsyncLocalStorage<string>();
  const begunAs: (string | undefined)[] = [];
  const facts = createMergedFacts(
    {
      async factsOf() {
        begunAs.push(context.getStore());
        await Promise.resolve();
        return new Map();
      },
    },
    { statementsMax: 1, homesMax: 5 },
  );
  const askAs = (name: string) => context.run(name, () => facts.factsOf([name]));
  await Promise.all([askAs('first'), askAs('second'), askAs('third'), facts.factsOf(['nobody'])]);
  await facts.factsOf(['later']);
  expect(begunAs).toEqual(['first', 'second', undefined]);
});
