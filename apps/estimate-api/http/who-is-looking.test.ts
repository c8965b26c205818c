import { expect, test } from '@jest/globals';
import { generateKeyPair } from 'jose';
import type { ApiBench, ApiBenchOptions } from '../testing/api-bench.ts';
import { apiBenchesOfFile } from '../testing/api-benches-of-file.ts';
import { estimateOf } from '../testing/reading-bench.ts';
import { trustedViewerOf } from '../viewer/trusted-viewer.ts';

const openBench = apiBenchesOfFile();

const codeOf = async ({ app }: ApiBench, headers: Record<string, string>) => {
  const answer = await app.inject({ url: '/v1/estimates/hidden', headers });
  const { code, status, requiredRole } = answer.json<Record<string, string>>();
  return [answer.statusCode, code ?? status, requiredRole].filter((part) => part !== undefined).join(' ');
};
const hiddenBench = async (options?: ApiBenchOptions) => {
  const all = await openBench(options);
  all.home('hidden', { overrideLevel: 'verified' });
  all.source.set('hidden', estimateOf(1));
  return all;
};

test('the claim role decides; no token is unregistered', async () => {
  const all = await hiddenBench();
  expect(await codeOf(all, {})).toBe('200 restricted verified');
  const seen: string[] = [];
  for (const role of ['unregistered', 'registered', 'verified', 'agent']) {
    seen.push(await codeOf(all, { authorization: await all.bearer({ role }) }));
  }
  expect(seen).toEqual(['200 restricted verified', '200 restricted verified', '200 available', '200 available']);
});

test('a role that is not one of the four is a bad token', async () => {
  const all = await hiddenBench();
  for (const role of ['nobody', 'admin', '', undefined, 4, ['agent']]) {
    expect(await codeOf(all, { authorization: await all.bearer({ role }) })).toBe('401 bad-token');
  }
});

test('expired, of another issuer, for another audience, by another key, or made up: a bad token', async () => {
  const all = await hiddenBench();
  const other = await generateKeyPair('ES256');
  const claims = { role: 'agent' };
  const tokens = [
    await all.bearer(claims, { expiresIn: '-1m' }),
    await all.bearer(claims, { issuer: 'https://elsewhere.test' }),
    await all.bearer(claims, { audience: 'another-service' }),
    await all.bearer(claims, { key: other.privateKey }),
    'Bearer a.b.c',
    'Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWdlbnQifQ.',
  ];
  for (const authorization of tokens) expect(await codeOf(all, { authorization })).toBe('401 bad-token');
  const refused = await all.app.inject({ url: '/v1/estimates/hidden', headers: { authorization: 'Bearer a.b.c' } });
  expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
});

test('a token that is signed with a shared secret is refused, whatever it says', async () => {
  const all = await hiddenBench();
  const secret = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
  const authorization = await all.bearer({ role: 'agent' }, { key: secret, alg: 'HS256' });
  expect(await codeOf(all, { authorization })).toBe('401 bad-token');
});

test('a service with the scope may render for another role; one without may not', async () => {
  const all = await hiddenBench();
  const mailer = await all.bearer({ role: 'unregistered', scope: 'other estimates:act-as' });
  const viewer = await all.bearer({ role: 'agent', scope: 'estimates:act-as-not' });
  const as = (authorization: string, role: string) => codeOf(all, { authorization, 'x-viewer-role': role });
  expect(await as(mailer, 'verified')).toBe('200 available');
  expect(await as(mailer, 'registered')).toBe('200 restricted verified');
  expect(await as(mailer, 'nobody')).toBe('400 invalid-viewer-role');
  expect(await as(viewer, 'unregistered')).toBe('403 act-as-forbidden');
});

test('keys that cannot be read are a 503: nobody is told that a good token is bad', async () => {
  const { tokenViewerOf } = await import('../viewer/token-viewer.ts');
  const all = await hiddenBench({
    viewerOf: tokenViewerOf({
      keys: () => Promise.reject(new TypeError('fetch failed')),
      issuer: 'https://issuer.test',
      audience: 'estimate-api',
      clock: { now: () => Date.now() },
    }),
  });
  expect(await codeOf(all, { authorization: await all.bearer({ role: 'agent' }) })).toBe('503 identity-unavailable');
  expect(await codeOf(all, {})).toBe('200 restricted verified');
});

test('a trusted gateway names the role, and proves itself if a secret is set', async () => {
  const open = await hiddenBench({ viewerOf: trustedViewerOf({ gatewaySecret: undefined }) });
  expect(await codeOf(open, { 'x-viewer-role': 'agent' })).toBe('200 available');
  expect(await codeOf(open, {})).toBe('200 restricted verified');
  expect(await codeOf(open, { 'x-viewer-role': 'king' })).toBe('400 invalid-viewer-role');
  const guarded = await hiddenBench({ viewerOf: trustedViewerOf({ gatewaySecret: 'open sesame' }) });
  expect(await codeOf(guarded, { 'x-viewer-role': 'agent' })).toBe('401 bad-token');
  expect(await codeOf(guarded, { 'x-viewer-role': 'agent', 'x-gateway-secret': 'wrong' })).toBe('401 bad-token');
  expect(await codeOf(guarded, { 'x-viewer-role': 'agent', 'x-gateway-secret': 'open sesame' })).toBe('200 available');
});
