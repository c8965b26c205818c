import { randomBytes } from 'node:crypto';
import type { Ticket } from '@porchlight/contracts';
import { connectEstimateCache } from '../adapters/redis/connect-estimate-cache.ts';
import { createRedisConnection } from '../adapters/redis/redis-connection.ts';
import { valueKeyOf } from '../keys.ts';
import { randomNonce } from '../nonce.ts';
import { redisUrl } from './redis-world.ts';
import { estimateOf, factsOf } from './story.ts';

/**
 * What a batch costs beside bare ioredis doing the like on the same server, the two by turns in one run:
 *
 *   REDIS_URL=redis://... node libs/estimate-cache/src/testing/measure.ts
 */
const ROUNDS = 400;
const WARM_UP_ROUNDS = 50;

const keyGeneration = `t${randomBytes(6).toString('hex')}`;
const url = redisUrl();
const connection = await connectEstimateCache({ url, config: { keyGeneration }, commandTimeoutMs: 10_000 });
const { cache } = connection;
const bare = createRedisConnection({ url, commandTimeoutMs: 10_000 });
await bare.connect();

const ids = Array.from({ length: 200 }, (_, i) => `home-${i}`);
const hundred = ids.slice(0, 100);
const valueKeys = ids.map((id) => valueKeyOf(id, keyGeneration));
const bareKeys = hundred.map((id) => `${keyGeneration}:bare:${id}`);
let version = 0;

const acquire = async (wanted: readonly string[]): Promise<Ticket[]> => {
  const answers = await cache.acquire(
    wanted.map((propertyId) => ({ propertyId, nonce: randomNonce() })),
    's',
  );
  return answers.flatMap((answer) => (answer.outcome === 'win' ? [answer.ticket] : []));
};
const fill = (wanted: readonly string[], tickets: readonly Ticket[]) =>
  cache.fill(
    tickets.map((ticket, i) => ({
      propertyId: wanted[i] ?? '',
      class: 's' as const,
      ticket,
      facts: factsOf(version, { checkedAt: 1 }),
      estimate: estimateOf(1),
    })),
  );
const pipelined = async (command: 'set' | 'setnx' | 'del'): Promise<void> => {
  const pipeline = bare.pipeline();
  for (const key of bareKeys) {
    if (command === 'set') pipeline.set(key, sample, 'PX', 300_000);
    else if (command === 'setnx') pipeline.set(key, 'nonce', 'PX', 1_500, 'NX');
    else pipeline.del(key);
  }
  await pipeline.exec();
};

version = 1;
await fill(ids, await acquire(ids));
const sample = (await bare.getBuffer(valueKeys[0] ?? '')) ?? Buffer.alloc(0);

const times = new Map<string, number[]>();
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const startedAt = performance.now();
  const answer = await work();
  const taken = times.get(name) ?? [];
  taken.push(performance.now() - startedAt);
  times.set(name, taken);
  return answer;
};

for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round += 1) {
  if (round === WARM_UP_ROUNDS) times.clear();
  const reads = [
    () => timed('MGET 200, bare', () => bare.mgetBuffer(valueKeys)),
    () => timed('read 200', () => cache.read(ids)),
    () => timed('MGET 100, bare', () => bare.mgetBuffer(valueKeys.slice(0, 100))),
    () => timed('read 100', () => cache.read(hundred)),
  ];
  // By turns: whoever comes first after the writes finds cold caches.
  for (const read of round % 2 === 0 ? reads : reads.toReversed()) await read();
  version += 1;
  const changes = hundred.map((propertyId) => ({ propertyId, visibilityVersion: version }));
  await timed('DEL x 100, bare', () => pipelined('del'));
  await timed('INVALIDATE 100', () => cache.invalidate(changes));
  await timed('SET NX PX x 100, bare', () => pipelined('setnx'));
  const tickets = await timed('ACQUIRE 100', () => acquire(hundred));
  await timed('SET PX x 100, bare', () => pipelined('set'));
  await timed('FILL 100', () => fill(hundred, tickets));
}

const quantile = (taken: readonly number[], share: number): number =>
  taken.toSorted((a, b) => a - b)[Math.floor(taken.length * share)] ?? Number.NaN;
const pairs = [
  ['read 200', 'MGET 200, bare'],
  ['read 100', 'MGET 100, bare'],
  ['ACQUIRE 100', 'SET NX PX x 100, bare'],
  ['FILL 100', 'SET PX x 100, bare'],
  ['INVALIDATE 100', 'DEL x 100, bare'],
] as const;
console.log('batch, beside | p10 ms | p50 ms | p99 ms | its p10 ms | its p50 ms | its / ours at p10');
for (const [name, bareName] of pairs) {
  const [ours, theirs] = [times.get(name) ?? [], times.get(bareName) ?? []];
  const figures = [0.1, 0.5, 0.99].map((share) => quantile(ours, share));
  const bareFigures = [0.1, 0.5].map((share) => quantile(theirs, share));
  const cells = [...figures, ...bareFigures, quantile(theirs, 0.1) / quantile(ours, 0.1)];
  console.log([`${name}, ${bareName}`, ...cells.map((n) => n.toFixed(2))].join(' | '));
}
const memoryOf = async (key: string) => Number(await bare.call('MEMORY', 'USAGE', key));
const flightKey = (valueKeys[0] ?? '').replace(/:v$/, ':m');
console.log(`bytes of a home: value ${await memoryOf(valueKeys[0] ?? '')}, flight ${await memoryOf(flightKey)}`);

await bare.del(...bareKeys);
await Promise.all(valueKeys.map((key) => bare.del(key, key.replace(/:v$/, ':m'))));
await bare.quit();
await connection.close();
