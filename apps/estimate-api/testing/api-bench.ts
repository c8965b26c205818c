import type { FastifyInstance } from 'fastify';
import type { webcrypto } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, createLocalJWKSet, type JWTPayload } from 'jose';
import type { ViewportViewed } from '@porchlight/contracts';
import type { Telemetry } from '@porchlight/telemetry';
import { usualFlags, type FlagsInForce } from '@porchlight/rollout';
import { uuidV7 } from '../events/uuid-v7.ts';
import { viewportEventOf } from '../events/viewport-event.ts';
import { createSessionFlags, type CohortLabels } from '../flags/session-cohorts.ts';
import { eventLoop, type EventLoop } from '../http/event-loop.ts';
import { createOverloadGuard, type OverloadLimits } from '../http/overload-guard.ts';
import type { WebSettings } from '../http/ports.ts';
import { createServer } from '../http/server.ts';
import type { RateLimits } from '../limits/port.ts';
import { createMapHomes } from '../map/map-homes.ts';
import { apiMeterOf } from '../meters.ts';
import { tokenViewerOf } from '../viewer/token-viewer.ts';
import type { ViewerOf } from '../viewer/viewer.ts';
import { alsoTo } from './also-to.ts';
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
  /** By default nobody is refused. */
  readonly overload?: Partial<OverloadLimits> & { readonly loop?: EventLoop };
  /** Counts and tells there as well, as the app does. */
  readonly telemetry?: Pick<Telemetry, 'log' | 'metrics'> & Partial<Pick<Telemetry, 'tracing'>>;
  /** By default everything is as usual. */
  readonly flags?: () => FlagsInForce;
}

/** `cache.read=off`, for each label. */
const told = (labels: CohortLabels): string[] => Object.entries(labels).map(([flag, cohort]) => `${flag}=${cohort}`);

/** The whole HTTP side over the doubles of the read path. */
export async function createApiBench(options: ApiBenchOptions = {}): Promise<ApiBench> {
  const reading = createReadingBench(options.telemetry && { telemetry: options.telemetry });
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
    overload: createOverloadGuard(
      { requestsMax: 100_000, waitMs: 0, burstMs: 0, ...options.overload },
      options.overload?.loop ?? eventLoop,
      (reason) => void metered.push(`refused ${reason}`),
    ),
    flags: createSessionFlags(rollout),
    events: {
      publish: (view, traceparent) =>
        void events.push({ event: viewportEventOf(view, uuidV7(view.viewedAt)), traceparent }),
    },
    sessionHmacKey: 'a key for tests',
    deadlines: { defaultMs: 1_000, mapDefaultMs: 250 },
    clock: reading.clock,
    meter: alsoTo(options.telemetry && apiMeterOf(options.telemetry.metrics, rollout), {
      answered: (route, outcome, _, labels) => void metered.push([`${route} ${outcome}`, ...told(labels)].join(' ')),
      served: ({ method, route, status }) => void metered.push(`${method} ${route} ${status}`),
      homes: (route, results, labels) => {
        const suffix = told(labels);
        metered.push(...results.map(({ status, source }) => ['home', route, status, source, ...suffix].join(' ')));
      },
      streamed: ({ route, format, end, firstByteMs, labels }) => {
        const first = firstByteMs === null ? 'no first byte' : 'first byte';
        metered.push(['stream', route, format, end, first, ...told(labels)].join(' '));
      },
      limited: (policy) => void metered.push(`limited ${policy}`),
      turnedAway: () => void metered.push('turned away'),
    }),
    log: alsoTo(options.telemetry?.log, {
      error: (fields) => void logged.push(fields),
      warn: (fields) => void logged.push(fields),
    }),
    ...(options.telemetry?.tracing === undefined ? {} : { tracing: options.telemetry.tracing }),
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
