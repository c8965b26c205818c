import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { databaseOf, isSameCity, readCityStamp, writeCityStamp, type CityStamp } from './city-stamp.ts';

const stamp: CityStamp = { homes: 120_000, seed: 1, database: '127.0.0.1:15432/porchlight' };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-city-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a city that was loaded is remembered, and nothing else lies beside it', async () => {
  expect(await readCityStamp(folder)).toBeUndefined();
  await writeCityStamp(folder, stamp);
  expect(await readCityStamp(folder)).toEqual(stamp);
  expect(await readdir(folder)).toEqual(['city.json']);
});

test.each([['{"homes": 120'], ['{}'], ['{"homes": "many", "seed": 1, "database": "x"}']])(
  'a stamp that reads %s is none',
  async (text) => {
    await writeFile(join(folder, 'city.json'), text);
    expect(await readCityStamp(folder)).toBeUndefined();
  },
);

test('another number of homes, another seed and another database are each another city', () => {
  expect(isSameCity(stamp, { ...stamp })).toBe(true);
  expect(isSameCity(undefined, stamp)).toBe(false);
  for (const other of [{ homes: 5_000 }, { seed: 2 }, { database: 'db.example:5432/porchlight' }]) {
    expect(isSameCity(stamp, { ...stamp, ...other })).toBe(false);
  }
});

test('a database is named without who asks', () => {
  expect(databaseOf('postgres://porchlight:secret@127.0.0.1:15432/porchlight')).toBe('127.0.0.1:15432/porchlight');
});
