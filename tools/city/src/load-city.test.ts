import { expect, test } from '@jest/globals';
import type { LoadedProperty } from '@porchlight/property-catalog';
import type { CityStamp } from './city-stamp.ts';
import { generateCity } from './generate-city.ts';
import { bringCity, type LoadPorts } from './load-city.ts';

/** A database and a simulator in memory. */
function setUp() {
  const homes = new Map<string, LoadedProperty>();
  const values = new Map<string, number | null>();
  const rules = new Set<string>();
  const shown: string[] = [];
  let stamp: CityStamp | null = null;
  let failNext: Error | null = null;
  const ports: LoadPorts = {
    store: {
      readStamp: async () => stamp,
      writeStamp: async (next) => void (stamp = next),
      showOnly: async (idPrefix) => {
        shown.push(idPrefix);
        return { retired: [...homes.keys()].filter((id) => !id.startsWith(idPrefix)).length, revived: 0 };
      },
      close: async () => undefined,
    },
    writer: {
      setRule: async ({ mlsId }) => void rules.add(mlsId),
      loadProperties: async (chunks) => {
        let loaded = 0;
        for await (const chunk of chunks) {
          for (const home of chunk) homes.set(home.propertyId, home);
          loaded += chunk.length;
        }
        return { loaded };
      },
    },
    simulator: {
      load: async (batch) => {
        if (failNext !== null) throw failNext;
        const changed = batch.filter(({ propertyId, valueUsd }) => values.get(propertyId) !== valueUsd).length;
        for (const { propertyId, valueUsd } of batch) values.set(propertyId, valueUsd);
        return changed;
      },
    },
  };
  return { ports, homes, values, rules, shown, stamp: () => stamp, fail: (error: Error | null) => (failNext = error) };
}

const small = generateCity({ homes: 300, seed: 1 });

test('loads every home with its facts, every rule and every value', async () => {
  const { ports, homes, values, rules, stamp } = setUp();
  expect(await bringCity(small, ports)).toMatchObject({ alreadyLoaded: false, homesLoaded: 300, valuesLoaded: 300 });
  expect([...homes.values()]).toEqual([...small]);
  expect([...values]).toEqual(Array.from(small, ({ propertyId, valueUsd }) => [propertyId, valueUsd]));
  expect([...rules]).toEqual(small.rules.map(({ mlsId }) => mlsId));
  expect(stamp()).toEqual({ homes: 300, seed: 1 });
});

test('does nothing the second time', async () => {
  const { ports, shown } = setUp();
  await bringCity(small, ports);
  expect(await bringCity(small, ports)).toMatchObject({ alreadyLoaded: true, homesLoaded: 0, valuesLoaded: 0 });
  expect(shown.length).toBe(1);
});

test('tells a simulator that has forgotten all values again, and leaves the homes as they are', async () => {
  const { ports, values, shown } = setUp();
  await bringCity(small, ports);
  values.clear();
  expect(await bringCity(small, ports)).toMatchObject({ alreadyLoaded: false, homesLoaded: 0 });
  expect(values.size).toBe(300);
  expect(shown.length).toBe(1);
});

test('another seed is another city: its homes come, the others leave the map', async () => {
  const { ports, homes, shown } = setUp();
  await bringCity(small, ports);
  const other = generateCity({ homes: 300, seed: 2 });
  expect(await bringCity(other, ports)).toMatchObject({ homesLoaded: 300, retired: 300 });
  expect(homes.size).toBe(600);
  expect(shown.at(-1)).toBe(other.idPrefix);
});

test('a load that broke off is done again', async () => {
  const { ports, stamp, fail } = setUp();
  fail(new Error('down'));
  await expect(bringCity(small, ports)).rejects.toThrow('down');
  expect(stamp()).toBeNull();
  fail(null);
  expect(await bringCity(small, ports)).toMatchObject({ alreadyLoaded: false, homesLoaded: 300 });
});

test('says how far it is', async () => {
  const { ports } = setUp();
  const steps: string[] = [];
  await bringCity(small, ports, ({ step, done, total }) => void steps.push(`${step} ${done}/${total}`));
  expect(steps).toEqual(['homes 300/300', 'values 300/300']);
});
