import {
  defaultCacheConfig,
  defaultEstimateFeedPolicy,
  defaultFreshnessPolicy,
  MARKS_POLL_MS,
} from '@porchlight/estimate-cache';
import { SYNC_QUEUE_MS, SYNC_TIMEOUT_MS, WAITERS_MAX } from '@porchlight/estimate-source';
import { rolloutConfig } from '@porchlight/rollout';
import { brokerList, databaseConfig, defineConfig, secret, serviceConfig } from '@porchlight/service';
import { cacheConfig, ttlConfig, upstreamConfig } from '@porchlight/stream-app';
import { z } from 'zod';
import { DEADLINE_DEFAULT_MS, DEADLINE_MS_MAX, MAP_DEADLINE_DEFAULT_MS } from './http/limits.ts';
import { originList, proxyList } from './http/neighbours.ts';
import { defaultReadingLimits } from './reading/index.ts';

const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/;
const SECRET_LENGTH_MIN = 16;
/** What a lease has left when its call ends: a FILL is one round trip, and Redis may be busy. */
const STORE_MS = 50;

const http = {
  HTTP_HOST: z.string().min(1).default('0.0.0.0').describe('address that products call; 127.0.0.1 on a shared machine'),
  HTTP_PORT: wholeNumber(0, 65_535).default(8_080).describe('its port; 0: any free one'),
  KEEP_SERVING_MS: wholeNumber(0, 60_000)
    .default(5_000)
    .describe(
      'how long a stop goes on serving as before while balancers learn that it is not ready, within DRAIN_MS; 0 with a preStop hook that waits',
    ),
  DEADLINE_DEFAULT_MS: wholeNumber(0, DEADLINE_MS_MAX)
    .default(DEADLINE_DEFAULT_MS)
    .describe('how long single and batch wait for what is not cached, if the call does not say'),
  MAP_DEADLINE_DEFAULT_MS: wholeNumber(0, DEADLINE_MS_MAX)
    .default(MAP_DEADLINE_DEFAULT_MS)
    .describe('the same for the map'),
  DEADLINE_MAX_MS: wholeNumber(0, DEADLINE_MS_MAX)
    .default(DEADLINE_MS_MAX)
    .describe('the longest that a call waits, whatever it asks for and whatever the defaults are'),
  SESSION_HMAC_KEY: secret(z.string().min(SECRET_LENGTH_MIN)).describe(
    'what session ids are hashed with before they go anywhere; the same in every process',
  ),
};

const neighbours = {
  CORS_ORIGINS: originList.describe(
    'comma-separated origins whose pages may call, https://console.example; none by default',
  ),
  TRUSTED_PROXIES: proxyList.describe(
    "comma-separated addresses and networks of our own proxies, whose x-forwarded-for and traceparent are believed; none: the connection's address counts",
  ),
  HTTP_CONNECTIONS_MAX: wholeNumber(1, 1_000_000)
    .default(20_000)
    .describe('connections at once; what comes above is closed as it comes'),
  HTTP_REQUESTS_MAX: wholeNumber(1, 1_000_000)
    .default(4_000)
    .describe('requests under way at once, whatever they wait for; what comes above is refused (503)'),
  OVERLOAD_WAIT_MS: wholeNumber(0, 5_000)
    .default(50)
    .describe(
      'how long a request may wait for the processor where others have waited for long; then 503. 0: nobody waits or is refused',
    ),
  OVERLOAD_BURST_MS: wholeNumber(0, 30_000)
    .default(500)
    .describe('the same where nobody had to wait so long ago; not below OVERLOAD_WAIT_MS'),
};

/** Above what the dearest call costs (5,000 homes: 50 units), so that no limit forbids a call for good. */
const UNITS_MIN = 50;
const units = z.coerce
  .number()
  .int()
  .min(0)
  .max(100_000_000)
  .refine((value) => value === 0 || value >= UNITS_MIN, `0 (no limit), or at least ${UNITS_MIN}: the dearest call`);

const rates = {
  RATE_WINDOW_S: wholeNumber(1, 3_600).default(10).describe('window of the rate limits'),
  RATE_ADDRESS_UNITS: units
    .default(1_000)
    .describe('units in a window for an address (IPv6: /64) without a token that names somebody; 0: no limit'),
  RATE_CALLER_UNITS: units.default(300).describe('the same for the subject of a token'),
  RATE_SERVICE_UNITS: units.default(10_000).describe('the same for a service that may act as others'),
};

const viewers = {
  AUTH_MODE: z
    .enum(['jwt', 'trusted-header'])
    .default('jwt')
    .describe('who says who is looking: a token, or a gateway by x-viewer-role (loopback or GATEWAY_SECRET only)'),
  JWT_ISSUER: z.string().min(1).optional().describe('issuer of tokens, with AUTH_MODE=jwt'),
  JWT_AUDIENCE: z.string().min(1).optional().describe('audience of tokens, with AUTH_MODE=jwt'),
  JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('where the keys of tokens are; this or JWKS_PATH'),
  JWKS_PATH: z.string().min(1).optional().describe('file with the keys of tokens; this or JWKS_URL'),
  GATEWAY_SECRET: secret(z.string().min(SECRET_LENGTH_MIN).optional()).describe(
    'what the gateway sends in x-gateway-secret, with AUTH_MODE=trusted-header',
  ),
};

const kafka = {
  KAFKA_BROKERS: brokerList.describe(
    'comma-separated host:port list of brokers, for viewport events; never waited for',
  ),
  SCHEMA_REGISTRY_URL: z.url({ protocol: /^https?$/ }).describe('the schema registry; never waited for'),
};

const upstream = {
  ...upstreamConfig,
  UPSTREAM_TIMEOUT_MS: wholeNumber(10, 5_000)
    .default(SYNC_TIMEOUT_MS)
    .describe(
      'time for a paid call, a retry included; at most 1200: with 250 ms of waiting for it and 50 ms to store it the lease of 1,500 ms',
    ),
  UPSTREAM_REQUESTS_MAX: wholeNumber(1, 256).default(32).describe('paid calls at once, of this process'),
  UPSTREAM_WAITERS_MAX: wholeNumber(0, 1_000_000)
    .default(WAITERS_MAX)
    .describe('misses that may wait for a paid call to begin; what comes above is pending'),
  UPSTREAM_RETRY_PERCENT: z.coerce
    .number()
    .min(0)
    .max(100)
    .default(10)
    .describe('of the paid calls, how many may be made once more when they failed and were not billed; 0: none'),
  UPSTREAM_HEDGE_PERCENT: z.coerce
    .number()
    .min(0)
    .max(20)
    .default(0)
    .describe(
      'of the paid calls of users, how many may be made twice because their answer is late; each is billed. 0: none',
    ),
  UPSTREAM_HEDGE_AFTER_MS: wholeNumber(10, 1_250)
    .default(250)
    .describe('how late: about the p95 of porchlight.upstream.duration'),
  BATCH_LINGER_MS: wholeNumber(0, 5)
    .default(2)
    .describe('how long a miss waits for others to share a paid call with, while they come close together'),
};

const reading = {
  FLIGHTS_MAX: wholeNumber(1, 1_000_000)
    .default(defaultReadingLimits.flightsMax)
    .describe('homes that are fetched or waited for at once; what comes above is pending'),
  MISS_WAITERS_MAX: wholeNumber(1, 1_000_000)
    .default(defaultReadingLimits.waitersMax)
    .describe('homes that questions may wait for at once, each counted for each who asks; what comes above is pending'),
  TRICKLES_MAX: wholeNumber(0, 256)
    .default(defaultReadingLimits.tricklesMax)
    .describe('paid calls at once while Redis does not answer'),
  TRICKLES_PER_S: wholeNumber(0, 10_000)
    .default(defaultReadingLimits.tricklesPerSMax)
    .describe('paid calls a second while Redis does not answer, of this process'),
  BYPASSES_PER_S: wholeNumber(0, 10_000)
    .default(defaultReadingLimits.bypassesPerSMax)
    .describe('paid calls a second for sessions that cache.read keeps from the cache, of this process'),
  CHECK_POOL_MAX: wholeNumber(1, 64)
    .default(defaultReadingLimits.checksAtOnceMax)
    .describe('connections to the property database that only checks use'),
  CHECK_WAITING_MAX: wholeNumber(0, 10_000)
    .default(defaultReadingLimits.checksWaitingMax)
    .describe('batches that may wait for a check'),
  RULE_POLL_MS: wholeNumber(50, 60_000).default(500).describe('how often the MLS rules are read'),
  MARK_POLL_MS: wholeNumber(50, 60_000)
    .default(MARKS_POLL_MS)
    .describe('how often the marks of the change feed are read, which vouch for cached homes'),
  FEED_STALE_MS: wholeNumber(1_000, 3_600_000)
    .default(defaultFreshnessPolicy.feedStaleMs)
    .describe('how long the change feed may be silent before cached homes are checked with the database'),
  FEED_DOWN_MS: wholeNumber(1_000, 86_400_000)
    .default(defaultFreshnessPolicy.feedDownMs)
    .describe('how long cached homes and MLS rules are believed while the database cannot be asked'),
  FACTS_TTL_ACTIVE_MS: wholeNumber(1_000, 86_400_000)
    .default(300_000)
    .describe('how long the facts of a cached home for sale are believed'),
  FACTS_TTL_OFF_MARKET_MS: wholeNumber(1_000, 604_800_000).default(14_400_000).describe('the same for any other home'),
  ESTIMATES_LATE_MS: wholeNumber(10_000, 86_400_000)
    .default(defaultEstimateFeedPolicy.lagMaxMs)
    .describe(
      'with FRESHNESS=events: while estimate.updated is behind by more than this, estimates older than ESTIMATE_TTL_* are refreshed',
    ),
  SHADOW_PERCENT: z.coerce
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe('share of hits that are compared with the property database after their answer; 0: none'),
};

/** Every knob of this app; the README's table is printed from it. */
export const config = defineConfig(
  {
    ...serviceConfig,
    ...http,
    ...neighbours,
    ...rates,
    ...viewers,
    ...kafka,
    ...cacheConfig,
    ...ttlConfig,
    ...rolloutConfig,
    ...databaseConfig,
    ...upstream,
    ...reading,
  },
  [
    ({ OVERLOAD_WAIT_MS, OVERLOAD_BURST_MS }) =>
      OVERLOAD_BURST_MS < OVERLOAD_WAIT_MS
        ? 'OVERLOAD_BURST_MS is below OVERLOAD_WAIT_MS: a burst would be refused sooner than what stays'
        : undefined,
    ({ UPSTREAM_TIMEOUT_MS }) =>
      SYNC_QUEUE_MS + UPSTREAM_TIMEOUT_MS + STORE_MS > defaultCacheConfig.leaseSyncMs
        ? `UPSTREAM_TIMEOUT_MS=${UPSTREAM_TIMEOUT_MS} outlives the lease of ${defaultCacheConfig.leaseSyncMs} ms: with ${SYNC_QUEUE_MS} ms of ` +
          `waiting for the call and ${STORE_MS} ms to store it a second process would pay for the same home; ` +
          `at most ${defaultCacheConfig.leaseSyncMs - SYNC_QUEUE_MS - STORE_MS}`
        : undefined,
    ({ FEED_STALE_MS, FEED_DOWN_MS }) =>
      FEED_DOWN_MS < FEED_STALE_MS
        ? 'FEED_DOWN_MS is below FEED_STALE_MS: a home would be refused before anybody had tried to check it'
        : undefined,
    ({ AUTH_MODE, JWT_ISSUER, JWT_AUDIENCE }) =>
      AUTH_MODE === 'jwt' && (JWT_ISSUER === undefined || JWT_AUDIENCE === undefined)
        ? 'AUTH_MODE=jwt needs JWT_ISSUER and JWT_AUDIENCE: a token for somebody else must not open anything'
        : undefined,
    ({ AUTH_MODE, JWKS_URL, JWKS_PATH }) =>
      AUTH_MODE === 'jwt' && (JWKS_URL === undefined) === (JWKS_PATH === undefined)
        ? 'AUTH_MODE=jwt needs one of JWKS_URL and JWKS_PATH'
        : undefined,
    ({ AUTH_MODE, HTTP_HOST, GATEWAY_SECRET }) =>
      AUTH_MODE === 'trusted-header' && GATEWAY_SECRET === undefined && !LOOPBACK.test(HTTP_HOST)
        ? 'AUTH_MODE=trusted-header needs GATEWAY_SECRET, or HTTP_HOST on loopback: whoever can call could name any role'
        : undefined,
  ],
);
