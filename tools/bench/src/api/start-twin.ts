import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts, spawnServer, stopServer, waitUntil } from '@porchlight/stack';
import { connectRedis } from '../drivers.adapter.ts';
import { batchGet } from '../invalidate/ask-batch.ts';
import { twinKeyOf } from './twin-key.ts';

const PORT_WISHED = 27_300;
const READY_MS = 30_000;
const STOP_GRACE_MS = 5_000;
const COPY_BATCH = 500;
const script = fileURLToPath(new URL('twin-server.adapter.ts', import.meta.url));

/** The twin, serving. */
export interface Twin {
  readonly url: string;
  /** Processor time that it has taken, in milliseconds. */
  readonly cpuMs: () => Promise<number>;
  stop(): Promise<void>;
}

/** Keeps for the twin what ours answers for each home, so that both send the same bytes. */
async function copyAnswers(apiUrl: string, redisUrl: string, propertyIds: readonly string[]): Promise<void> {
  const redis = connectRedis(redisUrl);
  try {
    for (let at = 0; at < propertyIds.length; at += COPY_BATCH) {
      const { results } = await batchGet(apiUrl, propertyIds.slice(at, at + COPY_BATCH));
      await redis.mset(results.flatMap((result) => [twinKeyOf(result.propertyId), JSON.stringify(result)]));
    }
  } finally {
    redis.disconnect();
  }
}

const answers = async (url: string): Promise<boolean> => {
  const answer = await fetch(`${url}/readyz`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
};

export interface TwinOptions {
  readonly folder: string;
  readonly apiUrl: string;
  readonly redisUrl: string;
  readonly propertyIds: readonly string[];
  /** What Node is started with: the same as ours. */
  readonly nodeFlags: readonly string[];
}

/** Gives the twin our answers for these homes, and starts it. @throws if it does not serve within 30 s */
export async function startTwin({ folder, apiUrl, redisUrl, propertyIds, nodeFlags }: TwinOptions): Promise<Twin> {
  await copyAnswers(apiUrl, redisUrl, propertyIds);
  const { twin: port = 0 } = await freePorts({ twin: PORT_WISHED });
  const url = `http://127.0.0.1:${port}`;
  const pidFile = join(folder, 'twin.pid');
  await spawnServer({
    name: 'twin',
    command: process.execPath,
    args: [...nodeFlags, '--disable-warning=ExperimentalWarning', script, redisUrl, String(port)],
    environment: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    pidFile,
    logFile: join(folder, 'twin.log'),
    marker: script,
    fingerprint: 'bench',
  });
  const stop = () => stopServer(pidFile, { graceMs: STOP_GRACE_MS });
  if ((await waitUntil(() => answers(url), { withinMs: READY_MS })) === undefined) {
    await stop();
    throw new Error(`the twin does not serve: see ${join(folder, 'twin.log')}`);
  }
  return {
    url,
    async cpuMs() {
      const { user, system } = (await (await fetch(`${url}/cpu`)).json()) as NodeJS.CpuUsage;
      return (user + system) / 1_000;
    },
    async stop() {
      await stop();
    },
  };
}
