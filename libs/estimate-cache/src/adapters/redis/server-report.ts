import type { Redis } from 'ioredis';
import { CachePolicyRefused, CacheUnavailable } from '../../errors.ts';
import { judgeServer, type ServerReport } from './judge-server.ts';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : 'no connection');

/** Hosted servers often refuse CONFIG: then nothing is said of that setting. */
export const settingOf = (redis: Redis, name: string): Promise<string | null> =>
  redis
    .config('GET', name)
    .then((pair) => pair[1] ?? null)
    .catch(() => null);

/** What one server says of itself. */
export const reportOf = async (redis: Redis): Promise<ServerReport> => ({
  info: await redis.info(),
  save: await settingOf(redis, 'save'),
});

/** @throws {CacheUnavailable} whatever the reason */
export const orUnavailable = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw error instanceof CacheUnavailable ? error : new CacheUnavailable(textOf(error), error);
  });

/** One line of what INFO prints. */
export const infoFieldOf = (info: string, name: string): string | null =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null;

/**
 * @param at  which of several servers; empty: there is only one
 * @throws {CachePolicyRefused} if the protocol would not hold on this server
 */
export function warningsOrRefusal(report: ServerReport, at = ''): readonly string[] {
  const { refusal, warnings } = judgeServer(report);
  const prefix = at === '' ? '' : `${at}: `;
  if (refusal !== null) throw new CachePolicyRefused(`${prefix}${refusal}`);
  return warnings.map((warning) => `${prefix}${warning}`);
}
