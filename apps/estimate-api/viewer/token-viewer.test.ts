import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { CLOCK_TOLERANCE_SECONDS, tokenViewerOf } from './token-viewer.ts';
import type { Viewer } from './viewer.ts';

const T0_SECONDS = 1_700_000_000;
const rsa = await generateKeyPair('RS256', { extractable: true });
const elliptic = await generateKeyPair('ES256', { extractable: true });
const jwks = {
  keys: [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
    { ...(await exportJWK(elliptic.publicKey)), kid: 'elliptic', alg: 'ES256' },
  ],
};

function bench() {
  const time = { nowSeconds: T0_SECONDS };
  const viewerOf = tokenViewerOf({
    keys: createLocalJWKSet(jwks),
    issuer: 'issuer',
    audience: 'estimates',
    clock: { now: () => time.nowSeconds * 1_000 },
  });
  const viewerWith = async (token: string, headers: Record<string, string> = {}): Promise<Viewer | string> => {
    try {
      return await viewerOf({ authorization: `Bearer ${token}`, ...headers });
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code}: ${message}`;
    }
  };
  return { time, viewerOf, viewerWith };
}

const claimed = (changes: JWTPayload = {}): JWTPayload => ({
  iss: 'issuer',
  aud: 'estimates',
  sub: 'ada',
  role: 'agent',
  iat: T0_SECONDS,
  exp: T0_SECONDS + 300,
  ...changes,
});

const signed = (claims: JWTPayload, header: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'rsa', ...header }).sign(rsa.privateKey);

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Signed with a text as an HMAC secret, by hand: libraries refuse to. */
function signedWithSecret(secret: string | Buffer, header: object): string {
  const content = `${encoded(header)}.${encoded(claimed())}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

/** What everybody can know of a key. */
const PUBLIC_KEYS: [form: string, bytes: string | Buffer][] = [
  ['PEM', await exportSPKI(rsa.publicKey)],
  ['PEM without its last line end', (await exportSPKI(rsa.publicKey)).trimEnd()],
  ['JWK', JSON.stringify(await exportJWK(rsa.publicKey))],
  ['JWK of the key set', JSON.stringify(jwks.keys[0])],
  ['modulus', Buffer.from((await exportJWK(rsa.publicKey)).n ?? '', 'base64url')],
];

const UNTRUSTED = 'bad-token: the token is malformed, or not signed by a key that is trusted';
const ADA: Viewer = { role: 'agent', caller: 'ada', isService: false };

describe('whose word is taken', () => {
  test('a token of each trusted key, with the role and the subject that it names', async () => {
    const { viewerWith } = bench();
    const byElliptic = new SignJWT(claimed({ role: 'verified', sub: 'bob' }))
      .setProtectedHeader({ alg: 'ES256', kid: 'elliptic' })
      .sign(elliptic.privateKey);
    expect([await viewerWith(await signed(claimed())), await viewerWith(await byElliptic)]).toEqual([
      ADA,
      { role: 'verified', caller: 'bob', isService: false },
    ]);
  });

  test.each(PUBLIC_KEYS)('a token signed with the public key (%s) as an HMAC secret is none', async (_form, secret) => {
    const { viewerWith } = bench();
    for (const header of [{ alg: 'HS256', kid: 'rsa' }, { alg: 'HS256' }, { alg: 'RS256', kid: 'rsa' }]) {
      expect(await viewerWith(signedWithSecret(secret, header))).toBe(UNTRUSTED);
    }
  });

  test.each(['none', 'None', 'NONE', 'nOnE', ''])(
    'a token that says it needs no signature (%s) is none',
    async (alg) => {
      const { viewerWith } = bench();
      const content = `${encoded({ alg, kid: 'rsa', typ: 'JWT' })}.${encoded(claimed())}`;
      const [, , signature = ''] = (await signed(claimed())).split('.');
      expect([await viewerWith(`${content}.`), await viewerWith(`${content}.${signature}`)]).toEqual([
        UNTRUSTED,
        UNTRUSTED,
      ]);
    },
  );

  test('a shared secret is no key, even if whoever gives out keys gives one out', async () => {
    const secret = Buffer.from('a secret that more than the issuer know');
    const viewerOf = tokenViewerOf({
      keys: () => Promise.resolve(secret),
      issuer: 'issuer',
      audience: 'estimates',
      clock: { now: () => T0_SECONDS * 1_000 },
    });
    const authorization = `Bearer ${signedWithSecret(secret, { alg: 'HS256' })}`;
    await expect(viewerOf({ authorization })).rejects.toMatchObject({ code: 'bad-token' });
  });

  test('a key that the token itself brings, or says where to find, is not asked', async () => {
    const { viewerWith } = bench();
    const stranger = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(stranger.publicKey);
    const brought = [
      { jwk },
      { jwk, kid: 'rsa' },
      { jku: 'https://elsewhere.test/keys' },
      { x5u: 'https://elsewhere.test' },
    ];
    for (const header of brought) {
      const token = new SignJWT(claimed()).setProtectedHeader({ alg: 'RS256', ...header });
      expect(await viewerWith(await token.sign(stranger.privateKey))).toBe(UNTRUSTED);
    }
  });

  test('a signature by one key under the name, or the algorithm, of another is none', async () => {
    const { viewerWith } = bench();
    const [head = '', body = '', signature = ''] = (await signed(claimed())).split('.');
    const renamed = [
      { alg: 'ES256', kid: 'elliptic' },
      { alg: 'RS256', kid: 'elliptic' },
      { alg: 'PS256', kid: 'rsa' },
      { alg: 'RS256', kid: 'nobody' },
    ].map((header) => `${encoded(header)}.${body}.${signature}`);
    const changed = `${head}.${encoded(claimed({ role: 'agent', sub: 'eve' }))}.${signature}`;
    for (const token of [...renamed, changed]) expect(await viewerWith(token)).toBe(UNTRUSTED);
  });

  test('a header that says what must be understood, and is not, is refused', async () => {
    const { viewerWith } = bench();
    const token = new SignJWT(claimed()).setProtectedHeader({ alg: 'RS256', kid: 'rsa', crit: ['b65'], b65: 1 });
    expect(await viewerWith(await token.sign(rsa.privateKey, { crit: { b65: false } }))).toBe(UNTRUSTED);
  });
});

describe('time', () => {
  const at = async (claims: JWTPayload, nowSeconds: number) => {
    const { viewerWith, time } = bench();
    time.nowSeconds = nowSeconds;
    return await viewerWith(await signed(claimed(claims)));
  };
  const EXPIRED = 'bad-token: the token has expired';

  test('a token is good until it expires, and as much longer as clocks may differ', async () => {
    const exp = T0_SECONDS + 300;
    expect(await at({ exp }, exp - 1)).toEqual(ADA);
    expect(await at({ exp }, exp + CLOCK_TOLERANCE_SECONDS - 1)).toEqual(ADA);
    expect(await at({ exp }, exp + CLOCK_TOLERANCE_SECONDS)).toBe(EXPIRED);
  });

  test('a token is good from its day on, and as much earlier as clocks may differ', async () => {
    const nbf = T0_SECONDS + 100;
    const early = 'bad-token: the claim "nbf" is missing or not the one expected';
    expect(await at({ nbf }, nbf - CLOCK_TOLERANCE_SECONDS - 1)).toBe(early);
    expect(await at({ nbf }, nbf - CLOCK_TOLERANCE_SECONDS)).toEqual(ADA);
    expect(await at({ nbf }, nbf)).toEqual(ADA);
  });

  test('a token that was verified is not believed past its expiry, except within what clocks may differ', async () => {
    const { viewerWith, time } = bench();
    const token = await signed(claimed({ exp: T0_SECONDS + 10 }));
    expect(await viewerWith(token)).toEqual(ADA);
    time.nowSeconds += 10 + CLOCK_TOLERANCE_SECONDS;
    expect(await viewerWith(token)).toBe(EXPIRED);
  });

  test('a token without an expiry, or with one that is no number, is refused', async () => {
    const { exp: _, ...endless } = claimed();
    const { viewerWith } = bench();
    const missing = 'bad-token: the claim "exp" is missing or not the one expected';
    expect(await viewerWith(await signed(endless))).toBe(missing);
    const [head = ''] = (await signed(endless)).split('.');
    const content = `${head}.${encoded({ ...endless, exp: 'never' })}`;
    const signature = Buffer.from(
      await crypto.subtle.sign('RSASSA-PKCS1-v1_5', rsa.privateKey, Buffer.from(content)),
    ).toString('base64url');
    expect(await viewerWith(`${content}.${signature}`)).toBe(missing);
  });
});

describe('claims', () => {
  test.each([
    ['iss', 'elsewhere'],
    ['iss', undefined],
    ['aud', 'another-service'],
    ['aud', ['another-service', 'a-third']],
    ['aud', undefined],
  ])('%s %p is for somebody else', async (claim, value) => {
    const { viewerWith } = bench();
    const token = await signed(claimed({ [claim]: value }));
    expect(await viewerWith(token)).toBe(`bad-token: the claim "${claim}" is missing or not the one expected`);
  });

  test('an audience among several is enough', async () => {
    const { viewerWith } = bench();
    expect(await viewerWith(await signed(claimed({ aud: ['another-service', 'estimates'] })))).toEqual(ADA);
  });

  test.each([
    [undefined],
    [''],
    ['nobody'],
    ['unknown'],
    ['AGENT'],
    ['agent '],
    [4],
    [['agent']],
    [{ agent: 1 }],
    [null],
  ])('the role %p is none', async (role) => {
    const { viewerWith } = bench();
    expect(await viewerWith(await signed(claimed({ role })))).toBe(
      'bad-token: the claim "role" is not one of the four roles',
    );
  });

  test('without a subject nobody is named, and the role counts all the same', async () => {
    const { viewerWith } = bench();
    for (const sub of [undefined, '', 7]) {
      expect(await viewerWith(await signed({ ...claimed(), sub } as JWTPayload))).toEqual({ ...ADA, caller: null });
    }
  });

  test('whoever may act as others is a service, under its own name; the role is the one that it renders for', async () => {
    const { viewerWith } = bench();
    const mailer = await signed(claimed({ sub: 'mailer', role: 'unregistered', scope: 'other estimates:act-as' }));
    expect([await viewerWith(mailer), await viewerWith(mailer, { 'x-viewer-role': 'verified' })]).toEqual([
      { role: 'unregistered', caller: 'mailer', isService: true },
      { role: 'verified', caller: 'mailer', isService: true },
    ]);
    for (const scope of ['estimates:act-as-not', 'xestimates:act-as', 'ESTIMATES:ACT-AS', ['estimates:act-as'], '']) {
      expect(await viewerWith(await signed(claimed({ scope })), { 'x-viewer-role': 'unregistered' })).toBe(
        'act-as-forbidden: x-viewer-role needs the scope estimates:act-as',
      );
    }
  });
});

test('a signature is looked at only if that is allowed, and not again for a token that was verified', async () => {
  const { viewerOf } = bench();
  const headers = { authorization: `Bearer ${await signed(claimed())}` };
  const refuse = (): never => {
    throw new Error('not now');
  };
  expect(() => viewerOf(headers, refuse)).toThrow('not now');
  await viewerOf(headers);
  expect(viewerOf(headers, refuse)).toEqual(ADA);
  expect(viewerOf({}, refuse)).toEqual({ role: 'unregistered', caller: null, isService: false });
});
