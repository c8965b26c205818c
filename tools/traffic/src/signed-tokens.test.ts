import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, jwtVerify, type CryptoKey } from 'jose';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSignedTokens } from './signed-tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'porchlight-traffic-'));
const keyPath = join(folder, 'signing-key.json');
let publicKey: CryptoKey;

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  publicKey = pair.publicKey;
  writeFileSync(keyPath, JSON.stringify({ ...(await exportJWK(pair.privateKey)), alg: 'ES256', kid: 'k1' }));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a role gets a token that says so, and keeps it', async () => {
  const tokenOf = await createSignedTokens({ keyPath, issuer: 'here', audience: 'there' });
  const token = await tokenOf('verified');
  const { payload, protectedHeader } = await jwtVerify(token ?? '', publicKey, { issuer: 'here', audience: 'there' });
  expect(payload['role']).toBe('verified');
  expect(protectedHeader.kid).toBe('k1');
  expect(await tokenOf('verified')).toBe(token);
});

test('a viewer who is not registered has none', async () => {
  const tokenOf = await createSignedTokens({ keyPath, issuer: 'here', audience: 'there' });
  expect(await tokenOf('unregistered')).toBeUndefined();
});
