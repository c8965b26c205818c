import type { FastifyInstance } from 'fastify';
import type { webcrypto } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, createLocalJWKSet, type JWTPayload } from 'jose';
import type { ViewportViewed } from '@porchlight/contracts';
import { usualFlags, type FlagsInForce } from '@porchlight/rollout';
import { createSessionFlags, type CohortLabels } from '../flags/session-cohorts.ts';
import type { WebSettings } from '../http/ports.ts';
import { createServer } from '../http/server.ts';
import type { RateLimits } from '../limits/port.ts';
import { createMapHomes } from '../map/map-homes.ts';
import { tokenViewerOf } from '../viewer/token-viewer.ts';
import type { ViewerOf } from '../viewer/viewer.ts';
import { createReadingBench, type ReadingBench } from './reading-bench.ts';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'estimate-api';

export interface ApiBench extends ReadingBench {
  readonly app: FastifyInstance;
  readonly events: { event: ViewportViewed; traceparent: string | undefined }[];
  readonly metered: string[];
  readonly logged: object[];
  readonly state: { ready: boolean; stopping: boolean };
  /** `Bearer ...` for these claims, signed by the trusted key unless another is given. */
  readonly bearer: (
    claims: JWTPayload,
    how?: { key?: webcrypto.CryptoKey; expiresIn?: string; issuer?: string; audience?: string; alg?: string },
  ) => Promise<string>;
}

const keys = await generateKeyPair('ES256', { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] };

export interface ApiBenchOptions {
  readonly viewerOf?: ViewerOf;
  /** By default there are no limits. */
  readonly rateLimits?: (clock: ReadingBench['clock']) => RateLimits;
  readonly web?: Partial<WebSettings>;
  /** By default everything is as usual. */
  readonly flags?: () => FlagsInForce;
}

/** `cache.read=off`, for each label. */
const told = (labels: CohortLabels): string[] => Object.entries(labels).map(([flag, cohort]) => `${flag}=${cohort}`);

/** The whole HTTP side over the doubles of the read path. */
export async function createApiBench(options: ApiBenchOptions = {}): Promise<ApiBench> {
  const reading = createReadingBench();
  const events: ApiBench['events'] = [];
  const metered: string[] = [];
  const logged: object[] = [];
  const state = { ready: true, stopping: false };
  const rollout = { now: options.flags ?? (() => usualFlags) };
  const app = await createServer({
    reader: reading.reader,
    mapHomes: createMapHomes(reading.catalog, reading.clock),
    viewerOf:
      options.viewerOf ??
      tokenViewerOf({
        keys: createLocalJWKSet(jwks),
        issuer: ISSUER,
        audience: AUDIENCE,
        clock: { now: () => Date.now() },
      }),
    rateLimits: options.rateLimits?.(reading.clock) ?? { accountOf: () => null },
    web: { corsOrigins: [], trustedProxies: [], connectionsMax: 10_000, rateWindowSeconds: 10, ...options.web },
    flags: createSessionFlags(rollout),
    events: { publish: (event, traceparent) => void events.push({ event, traceparent }) },
    sessionHmacKey: 'a key for tests',
    deadlines: { defaultMs: 1_000, mapDefaultMs: 250 },
    clock: reading.clock,
    meter: {
      answered: (route, outcome, _, labels) => void metered.push([`${route} ${outcome}`, ...told(labels)].join(' ')),
      served: ({ method, route, status }) => void metered.push(`${method} ${route} ${status}`),
      homes: (route, results, labels) => {
        const suffix = told(labels);
        metered.push(...results.map(({ status, source }) => ['home', route, status, source, ...suffix].join(' ')));
      },
      limited: (policy) => void metered.push(`limited ${policy}`),
      turnedAway: () => void metered.push('turned away'),
    },
    log: { error: (fields) => void logged.push(fields), warn: (fields) => void logged.push(fields) },
    isReady: () => state.ready,
    isStopping: () => state.stopping,
  });
  return {
    ...reading,
    app,
    events,
    metered,
    logged,
    state,
    async bearer(
      claims,
      { key = keys.privateKey, expiresIn = '5m', issuer = ISSUER, audience = AUDIENCE, alg = 'ES256' } = {},
    ) {
      const token = new SignJWT(claims)
        .setProtectedHeader({ alg, kid: 'k1' })
        .setIssuedAt()
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime(expiresIn);
      return `Bearer ${await token.sign(key)}`;
    },
  };
}
