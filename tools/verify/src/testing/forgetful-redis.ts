import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  downloadsFolder,
  findRedisServer,
  freePorts,
  spawnServer,
  stopServer,
  type SpawnedServer,
} from '@porchlight/stack';
import { Redis } from 'ioredis';
import { eventually } from './eventually.ts';

const PORT_WISH = 17_950;
const STOP_GRACE_MS = 3_000;

/** A Redis of a test's own, which can be ended and begin again with a memory that it once had. */
export interface ForgetfulRedis {
  readonly url: string;
  /** A connection of the test's own. */
  readonly hand: Redis;
  /** Notes what it holds now. */
  remember(): Promise<void>;
  /** Kills it, and starts it again on the same port with what was noted last. */
  goBack(): Promise<void>;
  close(): Promise<void>;
}

export async function startForgetfulRedis(folder: string): Promise<ForgetfulRedis> {
  const { redis: port = PORT_WISH } = await freePorts({ redis: PORT_WISH });
  const { command } = await findRedisServer(downloadsFolder(), () => undefined);
  const dir = join(folder, 'redis');
  const pidFile = join(folder, 'redis.pid');
  await mkdir(dir, { recursive: true });
  const flags = {
    port: `${port}`,
    bind: '127.0.0.1',
    dir,
    save: '',
    'maxmemory-policy': 'volatile-lru',
    maxmemory: '64mb',
  };
  const start = (): Promise<SpawnedServer> =>
    spawnServer({
      name: 'Redis with a memory',
      command,
      args: Object.entries({ ...flags, 'set-proc-title': 'no' }).flatMap(([flag, value]) => [`--${flag}`, value]),
      pidFile,
      logFile: join(folder, 'redis.log'),
      marker: dir,
      fingerprint: '',
    });
  let server = await start();
  const url = `redis://127.0.0.1:${port}`;
  const hand = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 }).on('error', () => undefined);
  const answers = () => eventually(() => hand.ping());
  await answers();
  return {
    url,
    hand,
    async remember() {
      await hand.save();
      await copyFile(join(dir, 'dump.rdb'), join(folder, 'noted.rdb'));
    },
    async goBack() {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      await copyFile(join(folder, 'noted.rdb'), join(dir, 'dump.rdb'));
      server = await start();
      await answers();
    },
    async close() {
      hand.disconnect();
      await stopServer(pidFile, { graceMs: STOP_GRACE_MS });
    },
  };
}
