import fastify from 'fastify';
import { Redis } from 'ioredis';
import { twinKeyOf } from './twin-key.ts';

/*
 * The twin of estimate-api, a process of its own: the least that an HTTP service in front of Redis does. It knows no viewer, no
 * rule, no deadline and no metric; what it keeps under a home's key is the text of the answer, which it joins and sends.
 * node twin-server.adapter.ts <redis url> <port>
 */

const [, , redisUrl = '', port = '0'] = process.argv;
const redis = new Redis(redisUrl);
const app = fastify({ logger: false });

app.get('/readyz', async () => 'ok');
app.get('/cpu', async () => process.cpuUsage());

app.get<{ Params: { propertyId: string } }>('/v1/estimates/:propertyId', async (request, reply) => {
  const text = await redis.getBuffer(twinKeyOf(request.params.propertyId));
  if (text === null) return reply.code(404).send();
  return reply.type('application/json').send(text);
});

app.post<{ Body: { propertyIds: string[] } }>('/v1/estimates::batchGet', async (request, reply) => {
  const texts = await redis.mget(request.body.propertyIds.map(twinKeyOf));
  return reply.type('application/json').send(`{"results":[${texts.join(',')}],"pending":0}`);
});

process.once('SIGTERM', () => {
  void app.close().then(() => redis.disconnect());
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
