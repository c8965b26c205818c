import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { eventually } from '../testing/eventually.ts';
import { fileKeys, remoteKeys } from './jwks.adapter.ts';
import { tokenViewerOf } from './token-viewer.ts';

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
  const viewerOf = tokenViewerOf({ keys: await fileKeys(path, clock), issuer: 'i', audience: 'a', clock });
  const roleWith = async (authorization: string) => {
    try {
      return (await viewerOf({ authorization })).role;
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

test('a new key in the file is found also after the clock of this host was set back', async () => {
  const [old, fresh] = [await signer('old'), await signer('fresh')];
  const path = join(folder, 'set-back.json');
  let now = 3_600_000;
  const clock = { now: () => now };
  await writeFile(path, JSON.stringify({ keys: [old.jwk] }));
  const viewerOf = tokenViewerOf({ keys: await fileKeys(path, clock), issuer: 'i', audience: 'a', clock });
  await writeFile(path, JSON.stringify({ keys: [fresh.jwk] }));
  now = 0;
  expect((await viewerOf({ authorization: await fresh.sign() })).role).toBe('agent');
});

/** More than a busy machine stands still, and no longer than a test may wait. */
const PATIENT_MS = 2_000;

describe('keys from an address', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function bench(...first: object[]) {
    const state = { keys: first, mode: 'answers' as 'answers' | 'fails' | 'hangs', asked: 0, now: 1_000_000 };
    const answers = {
      answers: (response: ServerResponse) => response.end(JSON.stringify({ keys: state.keys })),
      fails: (response: ServerResponse) => response.writeHead(500).end(),
      hangs: () => undefined,
    };
    const server = createServer((_request, response) => {
      state.asked += 1;
      answers[state.mode](response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const logged: object[] = [];
    const clock = { now: () => state.now };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    const log = { warn: (fields: object) => void logged.push(fields) };
    const keys = remoteKeys(url, { clock, log, timeoutMs: PATIENT_MS });
    // Each token is looked at anew: what was verified a moment ago would not ask for keys.
    const roleWith = async (authorization: string) => {
      try {
        return (await tokenViewerOf({ keys, issuer: 'i', audience: 'a', clock })({ authorization })).role;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    return { state, logged, roleWith };
  }

  test.each(['fails', 'hangs'] as const)(
    'that %s: the keys read before stay in use, however old, and it is logged',
    async (mode) => {
      const { jwk, sign } = await signer('k1');
      const { state, logged, roleWith } = await bench(jwk);
      const token = await sign();
      expect(await roleWith(token)).toBe('agent');
      state.mode = mode;
      state.now += 86_400_000;
      const seen = await Promise.all([roleWith(token), roleWith(token)]);
      expect(seen).toEqual(['agent', 'agent']);
      await eventually('it is logged', () => logged.length > 0);
      expect([logged, await roleWith(token), state.asked]).toEqual([
        [expect.objectContaining({ code: 'KEYS_UNREAD' })],
        'agent',
        2,
      ]);
    },
  );

  test('are read again behind the answer: a key that was withdrawn is believed no longer', async () => {
    const [old, fresh] = [await signer('old'), await signer('fresh')];
    const { state, roleWith } = await bench(old.jwk);
    const token = await old.sign();
    expect(await roleWith(token)).toBe('agent');
    state.keys = [fresh.jwk];
    state.now += 300_000;
    expect([await roleWith(token), await roleWith(await fresh.sign())]).toEqual(['agent', 'agent']);
    await eventually('the keys are asked for again', () => state.asked === 2);
    expect(await roleWith(token)).toBe('bad-token');
  });

  test('a key that is not known is asked for once in a while, not for every token that names one', async () => {
    const [old, fresh] = [await signer('old'), await signer('fresh')];
    const { state, roleWith } = await bench(old.jwk);
    expect(await roleWith(await old.sign())).toBe('agent');
    state.keys = [old.jwk, fresh.jwk];
    expect([await roleWith(await fresh.sign()), state.asked]).toEqual(['bad-token', 1]);
    state.now += 10_000;
    expect([
      await roleWith(await fresh.sign()),
      await roleWith(await (await signer('made-up')).sign()),
      state.asked,
    ]).toEqual(['agent', 'bad-token', 2]);
  });

  test('a key that is not known is asked for also after the clock of this host was set back', async () => {
    const [old, fresh] = [await signer('old'), await signer('fresh')];
    const { state, roleWith } = await bench(old.jwk);
    expect(await roleWith(await old.sign())).toBe('agent');
    state.keys = [old.jwk, fresh.jwk];
    state.now -= 500_000;
    expect([await roleWith(await fresh.sign()), state.asked]).toEqual(['agent', 2]);
  });

  test('a thousand tokens at once that name keys nobody knows cost one question', async () => {
    const known = await signer('known');
    const { state, roleWith } = await bench(known.jwk);
    expect(await roleWith(await known.sign())).toBe('agent');
    const madeUp = await signer('made-up');
    const [, body, signature] = (await madeUp.sign()).slice('Bearer '.length).split('.');
    const flood = Array.from({ length: 1_000 }, (_, at) => {
      const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: `made-up-${at}` })).toString('base64url');
      return `Bearer ${head}.${body}.${signature}`;
    });
    for (const askedInAll of [2, 3]) {
      state.now += 10_000;
      const seen = await Promise.all(flood.map((token) => roleWith(token)));
      expect([new Set(seen), state.asked]).toEqual([new Set(['bad-token']), askedInAll]);
      expect(new Set(await Promise.all(flood.map((token) => roleWith(token))))).toEqual(new Set(['bad-token']));
      expect([state.asked, await roleWith(await known.sign())]).toEqual([askedInAll, 'agent']);
    }
  });

  test('a key that is not known while nobody can be asked is no bad token; the address is not asked for each', async () => {
    const [old, fresh] = [await signer('old'), await signer('fresh')];
    const { state, roleWith, logged } = await bench(old.jwk);
    expect(await roleWith(await old.sign())).toBe('agent');
    state.mode = 'fails';
    state.now += 10_000;
    const token = await fresh.sign();
    expect([await roleWith(token), await roleWith(token), await roleWith(await old.sign())]).toEqual([
      'identity-unavailable',
      'identity-unavailable',
      'agent',
    ]);
    expect([state.asked, logged.length]).toEqual([2, 1]);
  });

  test('without any keys a token cannot be verified, and is as soon as there are some', async () => {
    const { jwk, sign } = await signer('k1');
    const { state, roleWith } = await bench(jwk);
    state.mode = 'hangs';
    expect(await roleWith(await sign())).toBe('identity-unavailable');
    state.mode = 'answers';
    expect(await roleWith(await sign())).toBe('agent');
  });
});
