import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { localAuth, type LocalAuth } from './local-auth.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'porchlight-auth-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

async function verify(auth: LocalAuth, token: string) {
  const keys = JSON.parse(await readFile(auth.jwksPath, 'utf8')) as JSONWebKeySet;
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { issuer: auth.issuer, audience: auth.audience });
  return payload;
}

test('a token carries its role and scopes, and the public file verifies it', async () => {
  const auth = await localAuth('test', { dataDir });
  const token = await auth.token('agent', { scopes: ['estimates:act-as'], subject: 'mailer' });
  expect(await verify(auth, token)).toMatchObject({ role: 'agent', scope: 'estimates:act-as', sub: 'mailer' });
});

test('the public file holds no private half, and the signing key is for its owner alone', async () => {
  const auth = await localAuth('test', { dataDir });
  const { keys } = JSON.parse(await readFile(auth.jwksPath, 'utf8')) as { keys: Record<string, unknown>[] };
  expect(keys.map((key) => 'd' in key)).toEqual([false]);
  expect((await stat(join(dataDir, 'auth', 'signing-key.json'))).mode & 0o077).toBe(0);
});

test('a second call, and one at the same time, signs with the same key', async () => {
  const [first, second] = await Promise.all([localAuth('test', { dataDir }), localAuth('test', { dataDir })]);
  expect(await verify(first, await second.token('verified'))).toMatchObject({ role: 'verified' });
});

test('a token that has expired is refused by who checks it', async () => {
  const auth = await localAuth('test', { dataDir });
  await expect(verify(auth, await auth.token('agent', { lifetimeS: -10 }))).rejects.toMatchObject({
    code: 'ERR_JWT_EXPIRED',
  });
});
