import { mkdir, rm } from 'node:fs/promises';
import { probeRedis } from '../probe/redis.adapter.ts';
import { keptCacheFlags, localRedisArguments } from '../redis-flags.ts';
import { stopServer } from '../server-process.ts';
import type { RunningService } from '../services.ts';
import { logFileOf, pidFileOf, serverFolder, type Instance } from './instance.ts';
import { findRedisServer } from './redis-binary.ts';
import { fingerprintOf, startServer, tellStarted } from './start-server.ts';

const READY_MS = 60_000;
const STOP_GRACE_MS = 3_000;

export async function stopRedis(folder: string): Promise<void> {
  await stopServer(pidFileOf(folder, 'redis'), { graceMs: STOP_GRACE_MS });
}

export async function removeRedis(folder: string): Promise<void> {
  await rm(serverFolder(folder, 'redis'), { recursive: true, force: true });
}

export async function startRedis(instance: Instance): Promise<RunningService> {
  const server = await findRedisServer(instance.downloads, (detail) => instance.report('redis', 'downloading', detail));
  instance.report('redis', 'starting', server.reason);
  const folder = serverFolder(instance.folder, 'redis');
  await mkdir(folder, { recursive: true });
  const port = instance.ports.redis ?? 0;
  const address = `redis://127.0.0.1:${port}`;
  const args = localRedisArguments(port, folder, keptCacheFlags);
  const spec = {
    name: 'Redis',
    command: server.command,
    args,
    pidFile: pidFileOf(instance.folder, 'redis'),
    logFile: logFileOf(instance.folder, 'redis'),
    marker: `--dir ${folder} `,
    fingerprint: fingerprintOf(server.command, ...args),
  };
  const started = await startServer(spec, {
    probe: () => probeRedis(address),
    readyMs: READY_MS,
    stop: { graceMs: STOP_GRACE_MS },
    signal: instance.signal,
  });
  const reason = `${tellStarted(started)}; ${server.reason}`;
  return {
    choice: { service: 'redis', source: 'process', address, reason },
    address,
    stop: () => stopRedis(instance.folder),
  };
}
