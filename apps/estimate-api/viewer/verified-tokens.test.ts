import { expect, test } from '@jest/globals';
import { BELIEVED_MS, TOKENS_MAX, VerifiedTokens } from './verified-tokens.ts';

const NOW_SECONDS = 1_700_000_000;

function bench() {
  const state = { now: NOW_SECONDS * 1_000 };
  return { state, tokens: new VerifiedTokens({ now: () => state.now }) };
}

test('a token is believed for a minute', () => {
  const { state, tokens } = bench();
  const claims = { role: 'agent', exp: NOW_SECONDS + 3_600 };
  tokens.keep('t', claims);
  state.now += BELIEVED_MS - 1;
  expect([tokens.get('t'), tokens.get('other')]).toEqual([claims, undefined]);
  state.now += 1;
  expect(tokens.get('t')).toBeUndefined();
});

test('a token is never believed past its own expiry', () => {
  const { state, tokens } = bench();
  tokens.keep('t', { role: 'agent', exp: NOW_SECONDS + 5 });
  state.now += 4_999;
  expect(tokens.get('t')).toBeDefined();
  state.now += 1;
  expect(tokens.get('t')).toBeUndefined();
});

test('the number kept is bounded: the oldest go', () => {
  const { tokens } = bench();
  const claims = { exp: NOW_SECONDS + 3_600 };
  for (let at = 0; at <= TOKENS_MAX; at += 1) tokens.keep(`t${at}`, claims);
  expect([tokens.get('t0'), tokens.get('t1'), tokens.get(`t${TOKENS_MAX}`)]).toEqual([undefined, claims, claims]);
});
