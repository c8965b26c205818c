import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { isRole } from '@porchlight/visibility';
import { VerifiedTokens } from './verified-tokens.ts';
import { headerOf, stranger, VIEWER_ROLE_HEADER, ViewerRefused, type Viewer, type ViewerOf } from './viewer.ts';

export interface TokenOptions {
  /** The keys that tokens are signed with. */
  readonly keys: JWTVerifyGetKey;
  readonly issuer: string;
  readonly audience: string;
  /** UTC milliseconds. */
  readonly clock: { now(): number };
}

/** Lets a service that renders for somebody else name that role. */
export const ACT_AS_SCOPE = 'estimates:act-as';

/** Only keys that the issuer alone can sign with: a token signed with a public key as an HMAC secret is no token. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** How far the issuer's clock may be from ours. */
export const CLOCK_TOLERANCE_SECONDS = 30;

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Viewers by JWT: claim `role` is one of the four roles; no token is `unregistered`; a token with the scope
 * estimates:act-as may name the role that it renders for in x-viewer-role.
 */
export function tokenViewerOf(options: TokenOptions): ViewerOf {
  const verified = new VerifiedTokens(options.clock);
  return (headers, mayVerify) => {
    const authorization = headerOf(headers, 'authorization');
    const named = headerOf(headers, VIEWER_ROLE_HEADER);
    if (authorization === undefined) {
      if (named !== undefined) throw new ViewerRefused('act-as-forbidden', 'x-viewer-role needs a token');
      return stranger('unregistered');
    }
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw new ViewerRefused('bad-token', 'Authorization is not "Bearer" and a token');
    const believed = verified.get(token);
    if (believed !== undefined) return viewerOfClaims(believed, named);
    mayVerify?.();
    return verify(token, options).then((claims) => {
      verified.keep(token, claims);
      return viewerOfClaims(claims, named);
    });
  };
}

function viewerOfClaims(claims: JWTPayload, named: string | undefined): Viewer {
  if (!isRole(claims.role)) throw new ViewerRefused('bad-token', 'the claim "role" is not one of the four roles');
  const caller = typeof claims.sub === 'string' && claims.sub !== '' ? claims.sub : null;
  const isService = scopesOf(claims).includes(ACT_AS_SCOPE);
  if (named === undefined) return { role: claims.role, caller, isService };
  if (!isService) throw new ViewerRefused('act-as-forbidden', `x-viewer-role needs the scope ${ACT_AS_SCOPE}`);
  if (!isRole(named)) throw new ViewerRefused('invalid-viewer-role', 'x-viewer-role is not one of the four roles');
  return { role: named, caller, isService };
}

async function verify(token: string, { keys, issuer, audience, clock }: TokenOptions): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp'],
    });
    return payload;
  } catch (error) {
    throw refusalOf(error);
  }
}

/** A token that cannot be verified now is not a bad one: nobody is sent to log in again because a key server is down. */
function refusalOf(error: unknown): ViewerRefused {
  if (error instanceof errors.JWTExpired) return new ViewerRefused('bad-token', 'the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new ViewerRefused('bad-token', `the claim "${error.claim}" is missing or not the one expected`);
  }
  const isKeysGone =
    error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC';
  if (isKeysGone)
    return new ViewerRefused('identity-unavailable', 'the keys that tokens are verified with cannot be read');
  return new ViewerRefused('bad-token', 'the token is malformed, or not signed by a key that is trusted');
}

function scopesOf({ scope }: JWTPayload): string[] {
  return typeof scope === 'string' ? scope.split(' ') : [];
}
