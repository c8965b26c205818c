import { describe, expect, test } from '@jest/globals';
import { CacheUnavailable } from '../../errors.ts';
import { cacheErrorOf, isNoScript } from './redis-errors.ts';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

describe('what a caller is told', () => {
  test.each([
    [reply('LOADING Redis is loading the dataset in memory'), 'CACHE_UNAVAILABLE'],
    [reply("OOM command not allowed when used memory > 'maxmemory'."), 'CACHE_UNAVAILABLE'],
    [reply('READONLY You can not write against a read only replica.'), 'CACHE_UNAVAILABLE'],
    [reply('TRYAGAIN Multiple keys request during rehashing of slot'), 'CACHE_UNAVAILABLE'],
    [reply('upstream failure'), 'CACHE_UNAVAILABLE'],
    [new Error('Command timed out'), 'CACHE_UNAVAILABLE'],
    [new Error("Stream isn't writeable and enableOfflineQueue options is false"), 'CACHE_UNAVAILABLE'],
    [reply('WRONGPASS invalid username-password pair'), 'CACHE_FAULT'],
    [reply('MOVED 1234 127.0.0.1:7001'), 'CACHE_FAULT'],
    [reply('ERR user_script:3: attempt to index a nil value'), 'CACHE_FAULT'],
  ])('%s: %s', (error, code) => {
    expect(cacheErrorOf(error)).toMatchObject({ code });
  });

  test('what has a name already keeps it', () => {
    const error = new CacheUnavailable('no reply in 500 ms');
    expect(cacheErrorOf(error)).toBe(error);
  });
});

test('only a reply says that a script is unknown', () => {
  expect(isNoScript(reply('NOSCRIPT No matching script. Please use EVAL.'))).toBe(true);
  expect(isNoScript(new Error('NOSCRIPT in a text of somebody else'))).toBe(false);
  expect(isNoScript(reply('ERR something else'))).toBe(false);
  expect(isNoScript(null)).toBe(false);
});
