import { connectEstimateCache } from '@porchlight/estimate-cache';
import { waitFor } from '../../wait-for.ts';
import { answerAsRedis } from '../answer-as-redis.ts';
import { startRedis, type RedisServer } from '../redis-server.adapter.ts';
import type { CacheFault } from '../world.ts';
import type { World } from '../world.ts';

const refusedPolicies = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
];
const TOLD_MS = 10_000;
const goodPolicies = ['volatile-lru', 'noeviction'];

/** @returns what the start says of this server: `code: message`, or `taken` with its warnings */
async function startOn(url: string): Promise<string> {
  try {
    const connection = await connectEstimateCache({ url });
    await connection.close();
    return ['taken', ...connection.warnings].join('; ');
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
}

async function policiesOf(primary: RedisServer): Promise<[string, string, RegExp][]> {
  const rows: [string, string, RegExp][] = [];
  for (const policy of refusedPolicies) {
    await primary.hand.config('SET', 'maxmemory-policy', policy);
    rows.push([policy, await startOn(primary.url), new RegExp(`^CACHE_POLICY_REFUSED: .*${policy}; set it to`)]);
  }
  for (const policy of goodPolicies) {
    await primary.hand.config('SET', 'maxmemory-policy', policy);
    rows.push([policy, await startOn(primary.url), /^taken/]);
  }
  await primary.hand.config('SET', 'save', '60 1');
  rows.push(['RDB snapshots', await startOn(primary.url), /^taken; .*RDB snapshots are on/]);
  return rows;
}

async function replicaOf(primary: RedisServer, { folder, signal, onEnd }: World): Promise<[string, string, RegExp]> {
  const settings = { replicaof: `127.0.0.1 ${primary.port}` };
  const replica = await startRedis({ name: 'replica', folder, signal, settings });
  onEnd(() => replica.stop());
  return ['a replica', await startOn(replica.url), /^CACHE_POLICY_REFUSED: .*it is a slave; .*primaries only/];
}

async function tooOld({ onEnd }: World): Promise<[string, string, RegExp]> {
  const old = await answerAsRedis(
    'redis_version:6.2.14\r\nrole:master\r\nmaxmemory_policy:volatile-lru\r\nloading:0\r\n',
  );
  onEnd(() => old.close());
  return ['Redis 6.2', await startOn(old.url), /^CACHE_POLICY_REFUSED: .*its version is 6\.2\.14; 7 or newer/];
}

/** A server that was taken; then its policy is changed, and connections break, as when somebody mends and restarts things. */
async function changedWhileRunning(primary: RedisServer, { signal }: World): Promise<[string, string, RegExp]> {
  await primary.hand.config('SET', 'maxmemory-policy', 'volatile-lru');
  const told: string[] = [];
  const connection = await connectEstimateCache({ url: primary.url, onServerRefused: (reason) => told.push(reason) });
  await primary.hand.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await primary.hand.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await waitFor('a word about the policy', () => told.length > 0, { withinMs: TOLD_MS, signal });
  await connection.close();
  return ['a policy changed while it runs', told.join('; '), /^its maxmemory-policy is allkeys-lru; set it to [^;]*$/];
}

export const refusedServers: CacheFault = {
  name: 'refused-servers',
  what: 'a start on each refused policy, on a replica, on a Redis 6, and on what is allowed; a policy changed while it runs',
  promised:
    'CACHE_POLICY_REFUSED with what to do; allowed ones are taken, RDB snapshots with a warning; a change is told of within a minute',
  quick: true,
  async run(world) {
    const { folder, signal, onEnd } = world;
    const primary = await startRedis({ name: 'primary', folder, signal });
    onEnd(() => primary.stop());
    const replica = await replicaOf(primary, world);
    const rows = [
      ...(await policiesOf(primary)),
      replica,
      await tooOld(world),
      await changedWhileRunning(primary, world),
    ];
    const wrong = rows.filter(([, said, wanted]) => !wanted.test(said));
    return {
      violations: wrong.map(([server, said]) => `${server}: ${said}`),
      figures: { servers: rows.length, refused: rows.filter(([, said]) => said.startsWith('CACHE_POLICY')).length },
    };
  },
};
