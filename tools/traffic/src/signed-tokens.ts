import { readFile } from 'node:fs/promises';
import { importJWK, SignJWT, type JWK } from 'jose';
import type { TokenOf } from './api-sender.adapter.ts';
import type { ViewerRole } from './workload.ts';

/** Longer than a run; a token is signed again when half of it is over. */
const LIFETIME_S = 3_600;

/**
 * Signs one token a role with the key of a local run (tools/stack writes it), and keeps it while it is good.
 *
 * @param keyPath a private JWK with `alg` and `kid`
 */
export async function createSignedTokens({
  keyPath,
  issuer,
  audience,
}: {
  keyPath: string;
  issuer: string;
  audience: string;
}): Promise<TokenOf> {
  const jwk = JSON.parse(await readFile(keyPath, 'utf8')) as JWK;
  const algorithm = jwk.alg ?? 'ES256';
  const key = await importJWK(jwk, algorithm);
  const kept = new Map<ViewerRole, { token: string; renewAtMs: number }>();
  return async (role) => {
    if (role === 'unregistered') return undefined;
    const now = Date.now();
    const good = kept.get(role);
    if (good !== undefined && now < good.renewAtMs) return good.token;
    const token = await new SignJWT({ role })
      .setProtectedHeader({ alg: algorithm, ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(`traffic-${role}`)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_S}s`)
      .sign(key);
    kept.set(role, { token, renewAtMs: now + (LIFETIME_S * 1_000) / 2 });
    return token;
  };
}
