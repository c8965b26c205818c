import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { fileKeys } from './jwks.adapter.ts';
import { tokenRoleOf } from './token-viewer.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'jwks-'))));
afterAll(() => rm(folder, { recursive: true }));

async function signer(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256' };
  const sign = async (): Promise<string> => {
    const token = new SignJWT({ role: 'agent' }).setProtectedHeader({ alg: 'ES256', kid });
    return `Bearer ${await token.setIssuer('i').setAudience('a').setExpirationTime('1h').sign(privateKey)}`;
  };
  return { jwk, sign };
}

test('a key that is new in the file is found without a restart, and the file is not read for every bad token', async () => {
  const [old, fresh] = [await signer('old'), await signer('fresh')];
  const path = join(folder, 'keys.json');
  const write = (...keys: object[]) => writeFile(path, JSON.stringify({ keys }));
  let now = 0;
  await write(old.jwk);
  const clock = { now: () => now };
  const roleOf = tokenRoleOf({ keys: await fileKeys(path, clock), issuer: 'i', audience: 'a', clock });
  const roleWith = async (authorization: string) => {
    try {
      return await roleOf({ authorization });
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect([await roleWith(await old.sign()), await roleWith(await fresh.sign())]).toEqual(['agent', 'bad-token']);
  await write(old.jwk, fresh.jwk);
  expect(await roleWith(await fresh.sign())).toBe('bad-token'); // asked too early: the file was read a moment ago
  now += 5_000;
  expect([await roleWith(await fresh.sign()), await roleWith(await old.sign())]).toEqual(['agent', 'agent']);
});
