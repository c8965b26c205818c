import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { readRedisUsers } from './redis-users.ts';

const APPS = new URL('../../../../apps/', import.meta.url);

/** The apps whose deploy.yaml says that they reach Redis. */
async function appsWithRedis(): Promise<string[]> {
  const found = await readdir(APPS, { withFileTypes: true });
  const names = found.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const needs = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(`${name}/deploy.yaml`, APPS), 'utf8');
      return /^needs: \[(.*)\]$/m.exec(text)?.[1]?.split(', ') ?? [];
    }),
  );
  return names.filter((_, i) => needs[i]?.includes('redis'));
}

test('every app that reaches Redis has a user, nobody else but operators has one', async () => {
  const users = (await readRedisUsers()).map(({ name }) => name);
  expect(users.toSorted()).toEqual([...(await appsWithRedis()), 'operator'].toSorted());
});

test('no shipped user has a password, all keys or all commands', async () => {
  const rules = (await readRedisUsers()).flatMap((user) => user.rules.flatMap((rule) => rule.split(/[()\s]+/)));
  expect(rules).toContain('-@all');
  expect(rules.filter((rule) => /^(nopass|[>#].*|~\*|allkeys|allcommands|\+@.*)$/.test(rule))).toEqual([]);
});
