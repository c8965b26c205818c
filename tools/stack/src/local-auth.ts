import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import { dataFolder } from './folders.ts';
import { withFolderLock } from './folder-lock.ts';
import { writeWhole } from './write-whole.ts';

const ALGORITHM = 'ES256';
const LIFETIME_S = 12 * 60 * 60;
const LOCK_MS = 20_000;

const localIssuer = 'porchlight-local';
const localAudience = 'porchlight-estimates';

/** A token's role is one of unregistered, registered, verified, agent; anything else is for tests of a refusal. */
export interface TokenOptions {
  /** OAuth scopes, in the claim `scope`; `estimates:act-as` lets a service ask for somebody else. */
  scopes?: readonly string[];
  subject?: string;
  /** Seconds from now; negative for a token that has expired. */
  lifetimeS?: number;
}

export interface LocalAuth {
  issuer: string;
  audience: string;
  /** The file with the public key, for JWKS_PATH. */
  jwksPath: string;
  token(role: string, options?: TokenOptions): Promise<string>;
}

const writeJson = (file: string, value: unknown, mode: number): Promise<void> =>
  writeWhole(file, JSON.stringify(value, null, 2), mode);

/** Draws the key pair once. The public half is written first: a private key without it would sign what nobody can check. */
async function makeKeys(jwksPath: string, keyPath: string): Promise<JWK> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const named = { kid: randomBytes(8).toString('hex'), alg: ALGORITHM, use: 'sig' };
  const [open, secret] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  await writeJson(jwksPath, { keys: [{ ...open, ...named }] }, 0o644);
  await writeJson(keyPath, { ...secret, ...named }, 0o600);
  return { ...secret, ...named };
}

/**
 * Keys and tokens of a local run: an ES256 pair in the instance's data folder, kept over restarts, so that the service,
 * the traffic and the tests use real tokens.
 */
export async function localAuth(instance: string, { dataDir }: { dataDir?: string } = {}): Promise<LocalAuth> {
  const folder = join(dataDir === undefined ? dataFolder(instance) : resolve(dataDir), 'auth');
  await mkdir(folder, { recursive: true });
  const [jwksPath, keyPath] = [join(folder, 'jwks.json'), join(folder, 'signing-key.json')];
  const stored = await withFolderLock(folder, { waitMs: LOCK_MS, purpose: 'making the signing key' }, async () => {
    const text = await readFile(keyPath, 'utf8').catch(() => undefined);
    return text === undefined ? makeKeys(jwksPath, keyPath) : (JSON.parse(text) as JWK);
  });
  const key = await importJWK(stored, ALGORITHM);
  const token = async (
    role: string,
    { scopes = [], subject = `local-${role}`, lifetimeS = LIFETIME_S }: TokenOptions = {},
  ) => {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT({ role, ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}) })
      .setProtectedHeader({ alg: ALGORITHM, kid: stored.kid ?? '' })
      .setIssuer(localIssuer)
      .setAudience(localAudience)
      .setSubject(subject)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifetimeS)
      .sign(key);
  };
  return { issuer: localIssuer, audience: localAudience, jwksPath, token };
}
