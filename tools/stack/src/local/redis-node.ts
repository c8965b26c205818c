import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { probeRedis } from '../probe/redis.adapter.ts';
import { forgetfulCacheFlags, localRedisArguments, type RedisFlags } from '../redis-flags.ts';
import { serverNode, type ServerNode } from './server-node.ts';
import { fingerprintOf, startServer } from './start-server.ts';

const READY_MS = 30_000;
const STOP_GRACE_MS = 3_000;

/** How one node is run: where it listens, and what it is told beside that. */
export interface RedisNodeSpec {
  readonly name: string;
  /** Of its data (below `data`), log and pid file. */
  readonly folder: string;
  readonly port: number;
  /** Beside what a cache that forgets is told. */
  readonly flags: RedisFlags;
}

/** One Redis server. */
export interface RedisNode extends ServerNode {
  readonly name: string;
  /** `redis://host:port` */
  readonly url: string;
  /** A copy of what is on its disk now (SAVE, or an AOF, put it there); an earlier copy is thrown away. */
  keepFiles(): Promise<void>;
  /** Puts the copy back, so that it starts with the memory of then. It must not run. */
  putFilesBack(): Promise<void>;
}

const replace = async (from: string, to: string): Promise<void> => {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
};

/** A node that is not running yet. */
export function redisNode(command: string, spec: RedisNodeSpec, signal?: AbortSignal): RedisNode {
  const { name, folder, port, flags } = spec;
  const address = `127.0.0.1:${port}`;
  const url = `redis://${address}`;
  const [data, kept, pidFile] = [join(folder, 'data'), join(folder, 'kept'), join(folder, 'server.pid')];
  const args = localRedisArguments(port, data, { ...forgetfulCacheFlags, ...flags });
  const process = {
    name,
    command,
    args,
    pidFile,
    logFile: join(folder, 'server.log'),
    marker: `--dir ${data} `,
    fingerprint: fingerprintOf(command, ...args),
  };
  const start = async (): Promise<void> => {
    await mkdir(data, { recursive: true });
    const probe = () => probeRedis(url);
    await startServer(process, { probe, readyMs: READY_MS, stop: { graceMs: STOP_GRACE_MS }, signal });
  };
  return {
    name,
    url,
    ...serverNode({ address, pidFile, stopGraceMs: STOP_GRACE_MS, start }),
    keepFiles: () => replace(data, kept),
    putFilesBack: () => replace(kept, data),
  };
}
