import { FeedRun, OBEYED_WITHIN_MS } from '../feed-run.ts';
import { judgeHistory } from '../judge-history.ts';
import { monotonicNow } from '../../processes/monotonic-now.ts';
import { startRedis, type RedisServer, type RedisSettings } from '../redis-server.adapter.ts';
import type { CacheFault } from '../world.ts';
import { seenOf, violationsWhere } from '../seen-of.ts';
import type { World } from '../world.ts';

const HOMES = 24;
const HIDDEN_AND_FORGOTTEN = 10;
const HIDDEN_WHILE_STOPPED = 6;
const HIDDEN_AFTERWARDS = 4;
/** The marks are read once a second; then a request that had been answered from the cache may just be on its way. */
const NOTICED_WITHIN_MS = 1_000 + 500;
const LATER_MS = 3_000;
const LINK_UP = 'master_link_status:up';
const FSYNC_MS = 1_200;
/** Paid at most, in all: once each, again for what was lost and after a change. */
const BILLED_MAX = 16 * HOMES;
/** TRICKLES_PER_S of estimate-api by default: calls a second that a process pays for while Redis is away, each of all homes at most. */
const TRICKLES_PER_S = 20;
const billedMaxOf = (awayMs: number): number => BILLED_MAX + Math.ceil((awayMs / 1_000) * TRICKLES_PER_S) * HOMES;

/** One way to lose acknowledged writes: keeps the memory as it is now, and later makes Redis come back with it. */
interface MemoryLoss {
  readonly name: string;
  readonly what: string;
  readonly settings: RedisSettings;
  /** @returns what the memory is lost by: the server that comes back, which nobody can reach yet */
  readonly prepare: (run: FeedRun, world: World) => Promise<() => Promise<RedisServer>>;
}

const killAndPutBack = async ({ redis }: FeedRun): Promise<RedisServer> => {
  await redis.kill();
  await redis.putFilesBack();
  await redis.start();
  return redis;
};

const empty: MemoryLoss = {
  name: 'restart-empty',
  what: 'Redis is killed and comes back empty (persistence off)',
  settings: {},
  prepare:
    async ({ redis }) =>
    async () => {
      await redis.kill();
      await redis.start();
      return redis;
    },
};

const aof: MemoryLoss = {
  name: 'aof-cut',
  what: 'Redis is killed, and its AOF lacks the last writes (fsync every second)',
  settings: { appendonly: 'yes', appendfsync: 'everysec' },
  async prepare(run) {
    await run.pass(FSYNC_MS);
    await run.redis.keepFiles();
    return () => killAndPutBack(run);
  },
};

const rdb: MemoryLoss = {
  name: 'old-rdb',
  what: 'Redis is killed, and an old RDB is put back',
  settings: { dbfilename: 'dump.rdb' },
  async prepare(run) {
    await run.redis.hand.save();
    await run.redis.keepFiles();
    return () => killAndPutBack(run);
  },
};

const replica: MemoryLoss = {
  name: 'replica-promoted',
  what: 'the primary is killed, and a replica that had lost its link is promoted',
  settings: {},
  async prepare(run, { folder, signal, onEnd }) {
    const settings = { replicaof: `127.0.0.1 ${run.redis.port}` };
    const second = await startRedis({ name: 'replica', folder, signal, settings });
    onEnd(() => second.stop());
    // WAIT counts a replica that has not loaded its first copy yet.
    await run.until('the replica to have it all', async () =>
      (await second.hand.info('replication')).includes(LINK_UP),
    );
    await run.until('the last writes to be there', async () => (await run.redis.hand.wait(1, 100)) === 1);
    // It stays a replica, and hears nothing any more.
    await second.hand.replicaof('127.0.0.1', 1);
    return async () => {
      await run.redis.kill();
      await second.hand.replicaof('NO', 'ONE');
      return second;
    };
  },
};

/** Acknowledged changes are forgotten by Redis; with the invalidator at work, or stopped and changes going on. */
const memoryLost = (loss: MemoryLoss, { isStopped }: { isStopped: boolean }): CacheFault => ({
  name: `${loss.name}${isStopped ? '-feed-stopped' : ''}`,
  what: `${loss.what}; the invalidator ${isStopped ? 'is killed before, and started long after' : 'goes on'}`,
  promised: `no old answer but within 1 s of Redis being back; every change obeyed ${OBEYED_WITHIN_MS} ms after its commit`,
  quick: false,
  async run(world) {
    const run = await FeedRun.start(world, { name: loss.name, homes: HOMES, redis: loss.settings });
    const comeBack = await loss.prepare(run, world);
    const forgotten = await run.hideNext(HIDDEN_AND_FORGOTTEN);
    await run.untilAcknowledged(forgotten);
    if (isStopped) await run.killInvalidator();
    const forgotAt = monotonicNow();
    run.address.pointTo(null);
    const server = await comeBack();
    const oldValues = await run.countOld(forgotten, server.url);
    run.address.pointTo(server.port);
    const backAt = monotonicNow();
    run.say(`Redis is back after ${Math.round(backAt - forgotAt)} ms`);
    if (isStopped) {
      await run.hideNext(HIDDEN_WHILE_STOPPED);
      await run.pass(OBEYED_WITHIN_MS + LATER_MS);
      await run.restartInvalidator();
    }
    await run.pass(LATER_MS);
    await run.hideNext(HIDDEN_AFTERWARDS);
    const noticedWithinMs = backAt - forgotAt + NOTICED_WITHIN_MS;
    const bounds = {
      billedPerHomeMax: billedMaxOf(backAt - forgotAt),
      errorCodes: [],
      forgot: { at: forgotAt, noticedWithinMs },
    };
    const verdict = judgeHistory(await run.history(), bounds);
    const noticedAfterMs = Math.max(0, Math.round(verdict.lastStaleAt - backAt));
    const violations = violationsWhere({
      'Redis forgot nothing, so nothing is proven': loss !== empty && oldValues < forgotten.length,
    });
    const figures = { oldValues, awayMs: Math.round(backAt - forgotAt), noticedAfterMs };
    return seenOf(verdict, { violations, figures });
  },
});

export const memoryLosses: readonly CacheFault[] = [empty, aof, rdb, replica].flatMap((loss) => [
  memoryLost(loss, { isStopped: false }),
  memoryLost(loss, { isStopped: true }),
]);
