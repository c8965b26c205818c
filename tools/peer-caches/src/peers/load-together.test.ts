import { expect, test } from '@jest/globals';
import { loadTogether } from './load-together.ts';

const homesOf = (ids: readonly string[]) => ids.map((propertyId) => ({ propertyId }));

test('homes that are asked for in one turn are loaded together, each once', async () => {
  const asked: string[][] = [];
  const load = loadTogether(async (ids) => {
    asked.push([...ids]);
    return homesOf(ids).reverse();
  });
  const homes = await Promise.all(['a', 'b', 'a'].map(load));
  expect(homes.map(({ propertyId }) => propertyId)).toEqual(['a', 'b', 'a']);
  await load('c');
  expect(asked).toEqual([['a', 'b'], ['c']]);
});

test('a home that the source does not have fails alone', async () => {
  const load = loadTogether(async () => homesOf(['a']));
  const [found, missing] = await Promise.allSettled([load('a'), load('b')]);
  expect(found).toEqual({ status: 'fulfilled', value: { propertyId: 'a' } });
  expect(missing).toMatchObject({ status: 'rejected', reason: new Error('no home b') });
});

test('what the source throws reaches everybody who waits, and the next who ask try again', async () => {
  let fails = true;
  const load = loadTogether(async (ids) => {
    if (fails) throw new Error('away');
    return homesOf(ids);
  });
  await expect(Promise.all([load('a'), load('b')])).rejects.toThrow('away');
  fails = false;
  await expect(load('a')).resolves.toEqual({ propertyId: 'a' });
});
