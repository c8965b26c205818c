import type { Redis } from 'ioredis';
import { CachePartlyUnavailable, CachePolicyRefused, CacheUnavailable } from '../../errors.ts';
import { BUCKETS } from '../../keys.ts';
import { partialAnswers } from '../../partial-answers.ts';
import { createServerWatch, lookRepeatedly } from './judge-server-again.ts';
import type { ServerReport } from './judge-server.ts';
import { redisAddressesOf } from './redis-addresses.ts';
import { COMMAND_TIMEOUT_MS, createRedisConnection } from './redis-connection.ts';
import { singleRedisTransport, type RedisTransport, type ScriptCall } from './redis-transport.ts';
import { reportScript } from './scripts/look.ts';
import { infoFieldOf, orUnavailable, warningsOrRefusal } from './server-report.ts';
import type { TopologyConnection, TopologyOptions } from './topology-connection.ts';
import { topologyOnOneConnection } from './topology-on-one-connection.ts';

/** A key in each bucket that nobody writes: every server behind the proxy has some of them. */
export const keysOfBuckets = (keyGeneration: string): string[] =>
  Array.from({ length: BUCKETS }, (_, bucket) => `${keyGeneration}:{${bucket}}:look`);

/** `["save", "", "save", "3600 1"]`: CONFIG GET through Envoy is all servers' pairs in a row. @returns the worst of them */
async function saveOf(redis: Redis): Promise<string | null> {
  const pairs = (await redis.config('GET', 'save').catch(() => [])) as string[];
  const values = pairs.filter((_, i) => i % 2 === 1);
  return values.find((value) => value !== '') ?? values[0] ?? null;
}

/** What each server behind the proxy says of itself; one that is away says nothing. @throws {CacheUnavailable} if none does */
async function reportsOf(redis: Redis, transport: RedisTransport, keyGeneration: string): Promise<ServerReport[]> {
  const calls = keysOfBuckets(keyGeneration).map((key) => ({ script: reportScript, keys: [key], args: [] }));
  const replies = (await partialAnswers(transport.run(calls))).filter((reply) => reply !== null);
  const save = await saveOf(redis);
  const byRun = new Map(replies.map(String).map((info) => [infoFieldOf(info, 'run_id'), { info, save }]));
  return [...byRun.values()];
}

/**
 * The same, telling when servers behind the proxy are lost, and when they are back: their memory may be another one then.
 * Once for each, not for every call in between: the marks of the others are sound all the while.
 */
export function tellingLosses(transport: RedisTransport, onMemoryLost: () => void): RedisTransport {
  const lost = new Set<string>();
  const note = (calls: readonly ScriptCall[], isAnswered: (at: number) => boolean): void => {
    let changes = 0;
    calls.forEach(({ keys: [key = ''] }, at) => {
      const tag = key.slice(0, key.indexOf('}'));
      if (lost.has(tag) !== isAnswered(at)) return;
      changes += 1;
      if (isAnswered(at)) lost.delete(tag);
      else lost.add(tag);
    });
    if (changes > 0) onMemoryLost();
  };
  return {
    ...transport,
    async run(calls) {
      try {
        const replies = await transport.run(calls);
        if (lost.size > 0) note(calls, () => true);
        return replies;
      } catch (error) {
        if (error instanceof CachePartlyUnavailable) note(calls, (at) => error.answers[at] !== null);
        else if (error instanceof CacheUnavailable) note(calls, () => false);
        throw error;
      }
    },
  };
}

function watchShards(reportsNow: () => Promise<ServerReport[]>, onRefused?: (reason: string) => void): () => void {
  if (onRefused === undefined) return () => undefined;
  const looks = new Map<string, () => Promise<void>>();
  let seen = new Map<string, ServerReport>();
  const look = async (): Promise<void> => {
    const reports = await reportsNow().catch(() => []);
    seen = new Map(reports.map((report) => [infoFieldOf(report.info, 'run_id') ?? '', report]));
    for (const run of seen.keys()) {
      const again = () => {
        const report = seen.get(run);
        return report === undefined ? Promise.reject(new CacheUnavailable('it is away')) : Promise.resolve(report);
      };
      if (!looks.has(run)) looks.set(run, createServerWatch(again, onRefused));
    }
    for (const run of looks.keys()) if (!seen.has(run)) looks.delete(run);
    await Promise.all([...looks.values()].map((each) => each()));
  };
  return lookRepeatedly(() => void look());
}

/**
 * Connects to an Envoy (deploy/envoy). Every server behind it that answers is judged, by a script on a key of each bucket.
 *
 * @throws {CacheUnavailable} if Envoy, or everything behind it, cannot be reached now; nothing is left open
 * @throws {CachePolicyRefused} if the protocol does not hold on a server behind it
 * @throws {CacheConfigRefused} if the address is none
 */
export async function connectEnvoy(options: TopologyOptions): Promise<TopologyConnection> {
  const { nodes, urlOf } = redisAddressesOf(options.url);
  const [node = ''] = nodes;
  if (nodes.length > 1) throw new CachePolicyRefused('the address names several; of Envoy it is one');
  const redis = createRedisConnection({ ...options, url: urlOf(node), topology: 'envoy' });
  const timeoutMs = options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
  return await topologyOnOneConnection(redis, async (onMemoryLost) => {
    const transport = tellingLosses(singleRedisTransport(redis, timeoutMs), onMemoryLost);
    const reportsNow = () => reportsOf(redis, transport, options.keyGeneration);
    const reports = await orUnavailable(redis.connect().then(reportsNow));
    const warnings = new Set(reports.flatMap((report) => warningsOrRefusal(report, 'a server behind Envoy')));
    const stopWatching = watchShards(reportsNow, options.onServerRefused);
    return { transport, warnings: [...warnings], stopWatching };
  });
}
