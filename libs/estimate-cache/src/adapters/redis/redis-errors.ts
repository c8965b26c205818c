import { CacheFault, CacheUnavailable } from '../../errors.ts';

/** Replies that say "not now": the server is loading, moving, failing over, out of memory or behind a proxy that lost it. */
const TRANSIENT_REPLIES = [
  'LOADING',
  'BUSY',
  'OOM',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'NOREPLICAS',
  'MISCONF',
  'UNBLOCKED',
  'upstream failure',
  'no upstream host',
];

const isReply = (error: Error): boolean => error.name === 'ReplyError';

export const isNoScript = (error: unknown): boolean =>
  error instanceof Error && isReply(error) && error.message.startsWith('NOSCRIPT');

/** The slot is on its way to another node, and the keys of the command are not all on one side. */
export const isSplitSlot = (error: unknown): boolean =>
  error instanceof Error && isReply(error) && error.message.startsWith('TRYAGAIN');

/**
 * What a caller is told. A broken or slow connection, and replies that pass, are CacheUnavailable; any other reply
 * (a script that fails, a refused password, MOVED from a cluster) no retry mends.
 */
export function cacheErrorOf(error: unknown): CacheUnavailable | CacheFault {
  if (error instanceof CacheUnavailable || error instanceof CacheFault) return error;
  if (!(error instanceof Error)) return new CacheFault(String(error));
  if (!isReply(error)) return new CacheUnavailable(error.message, error);
  const passes = TRANSIENT_REPLIES.some((reply) => error.message.includes(reply));
  return passes ? new CacheUnavailable(error.message, error) : new CacheFault(error.message, error);
}
