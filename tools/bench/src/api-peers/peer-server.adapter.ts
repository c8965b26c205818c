import { peerNamed } from '@porchlight/peer-caches';
import fastify from 'fastify';
import { connectPricedHomes, type PricedHomesOptions } from './priced-homes.ts';
import { answerOf, TTL_ACTIVE_MS, ttlMsOf, type PricedHome } from './priced-home.ts';

/*
 * A product team's own estimate service: fastify with the two routes of estimate-api, and somebody else's cache in front of the same database
 * and the same seller. It knows no tokens, no limits, no deadline and no metrics.
 * node peer-server.adapter.ts '<PeerServerOptions as JSON>'
 */
export interface PeerServerOptions extends PricedHomesOptions {
  readonly peer: string;
  readonly memory: boolean;
  readonly redisUrl: string;
  readonly port: number;
}

/** As libs/estimate-cache refreshes: from 85 % of the TTL on. */
const REFRESH_SHARE = 0.15;

const integer = { type: 'integer' };
/** What fastify prints answers by: faster than JSON.stringify, as its documentation recommends. */
const resultSchema = {
  type: 'object',
  properties: {
    propertyId: { type: 'string' },
    status: { type: 'string' },
    estimate: {
      type: 'object',
      properties: { valueUsd: integer, lowUsd: integer, highUsd: integer, computedAt: integer },
    },
    requiredRole: { type: 'string' },
  },
};
const batchSchema = {
  type: 'object',
  properties: { results: { type: 'array', items: resultSchema }, pending: integer },
};

const options = JSON.parse(process.argv[2] ?? '{}') as PeerServerOptions;
const homes = connectPricedHomes(options);
const cache = await peerNamed(options.peer).create<PricedHome>({
  redisUrl: options.redisUrl,
  loadMany: (propertyIds) => homes.loadMany(propertyIds),
  ttlMsOf,
  ttlMsMin: TTL_ACTIVE_MS,
  memory: options.memory,
  refreshShare: REFRESH_SHARE,
});
const app = fastify({ logger: false });

app.get('/readyz', async () => 'ok');
app.get('/cpu', async () => process.cpuUsage());

app.get<{ Params: { propertyId: string } }>(
  '/v1/estimates/:propertyId',
  { schema: { response: { 200: resultSchema } } },
  async ({ params }) => answerOf(await cache.get(params.propertyId)),
);

app.post<{ Body: { propertyIds: string[] } }>(
  '/v1/estimates::batchGet',
  { schema: { response: { 200: batchSchema } } },
  async ({ body }) => ({ results: (await cache.getMany(body.propertyIds)).map(answerOf), pending: 0 }),
);

/** The change event, as this process hears it. Answered when the library says that the home is forgotten. */
app.post<{ Params: { propertyId: string } }>('/changed/:propertyId', async ({ params }) => ({
  removed: await cache.remove(params.propertyId),
}));

process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => Promise.all([cache.close(), homes.close()]))
    .then(() => process.exit());
});
await app.listen({ host: '127.0.0.1', port: options.port });
