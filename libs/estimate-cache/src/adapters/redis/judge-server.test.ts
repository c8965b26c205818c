import { expect, test } from '@jest/globals';
import { judgeServer } from './judge-server.ts';

const infoOf = (fields: Record<string, string>): string =>
  Object.entries({
    redis_version: '7.2.4',
    role: 'master',
    maxmemory_policy: 'volatile-lru',
    maxmemory: '0',
    ...fields,
  })
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');

test.each([
  [{}, ''],
  [{ maxmemory_policy: 'noeviction' }, ''],
  [{ redis_version: '8.4.0' }, ''],
])('a primary with %j is taken without a word', (fields, save) => {
  expect(judgeServer({ info: infoOf(fields), save })).toEqual({ refusal: null, warnings: [] });
});

test.each([
  [{ maxmemory_policy: 'allkeys-lru' }, 'its maxmemory-policy is allkeys-lru; set it to volatile-lru or noeviction'],
  [{ maxmemory_policy: 'volatile-lfu' }, 'its maxmemory-policy is volatile-lfu; set it to volatile-lru or noeviction'],
  [{ redis_version: '6.2.14' }, 'its version is 6.2.14; 7 or newer is needed'],
  [{ role: 'slave' }, 'it is a slave'],
])('a server with %j is refused in words that say what to do', (fields, text) => {
  expect(judgeServer({ info: infoOf(fields), save: '' }).refusal).toContain(text);
});

test('RDB snapshots are warned of: they bring an old memory back', () => {
  const { refusal, warnings } = judgeServer({ info: infoOf({}), save: '3600 1 300 100' });
  expect(refusal).toBeNull();
  expect(warnings).toEqual([expect.stringContaining('RDB snapshots are on (save "3600 1 300 100")')]);
});

test('noeviction under a memory limit is warned of', () => {
  const info = infoOf({ maxmemory_policy: 'noeviction', maxmemory: '1000000' });
  expect(judgeServer({ info, save: '' }).warnings).toEqual([expect.stringContaining('every fill fails')]);
});

test('a server that does not tell is believed', () => {
  expect(judgeServer({ info: '', save: null })).toEqual({ refusal: null, warnings: [] });
});
