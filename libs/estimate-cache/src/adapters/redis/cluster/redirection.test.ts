import { expect, test } from '@jest/globals';
import { redirectionOf } from './redirection.ts';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

test.each([
  ['MOVED 3999 10.0.0.2:6381', { kind: 'moved', slot: 3999, address: '10.0.0.2:6381' }],
  ['ASK 3999 10.0.0.2:6381', { kind: 'ask', slot: 3999, address: '10.0.0.2:6381' }],
  ['MOVED 3999 :6381', { kind: 'moved', slot: 3999, address: '10.0.0.1:6381' }],
  ['MOVED 1 fe80::2:6381', { kind: 'moved', slot: 1, address: 'fe80::2:6381' }],
  ['MOVED nowhere', null],
  ['TRYAGAIN Multiple keys request during rehashing of slot', null],
])('%s', (message, redirection) => {
  expect(redirectionOf(reply(message), '10.0.0.1:6379')).toEqual(redirection);
});

test('only a reply redirects: the text of another error may say anything', () => {
  expect(redirectionOf(new Error('MOVED 3999 10.0.0.2:6381'), '10.0.0.1:6379')).toBeNull();
  expect(redirectionOf(null, '10.0.0.1:6379')).toBeNull();
});
