import { CacheFault, CachePartlyUnavailable, CacheUnavailable } from '../../errors.ts';
import { cacheErrorOf } from './redis-errors.ts';

/** What became of one command of a pipeline. */
export type Result = [error: Error | null, reply: unknown];

/** The error of a result, also where a client hands it on as a value. */
export const errorOf = ([error, reply]: Result): Error | null => error ?? (reply instanceof Error ? reply : null);

/**
 * The replies, in order.
 *
 * @throws {CacheFault} the first of them, if there is one: no retry mends it, whatever the others answered
 * @throws {CacheUnavailable} if nothing was answered
 * @throws {CachePartlyUnavailable} with the replies that came
 */
export function repliesOf<T>(results: readonly Result[]): T[] {
  let first: CacheUnavailable | undefined;
  let lost = 0;
  const replies = results.map((result): T | null => {
    const error = errorOf(result);
    if (error === null) return result[1] as T;
    const told = cacheErrorOf(error);
    if (told instanceof CacheFault) throw told;
    first ??= told;
    lost += 1;
    return null;
  });
  if (first === undefined) return replies as T[];
  throw lost === results.length ? first : new CachePartlyUnavailable(replies, first);
}

/** A key of a type that nobody here writes: MGET says null for it, GET and a proxy that splits MGET say this. */
const isWrongType = (error: Error): boolean => error.message.startsWith('WRONGTYPE');

/**
 * What GET or MGET found. What cannot be read is a miss: its home is asked for by a script next, and that one tells.
 *
 * @param found  bytes, null, or what a node (a proxy: a shard that it lost) said instead
 * @throws {CacheUnavailable} if nothing was answered
 * @throws {CacheFault}
 */
export function valuesOf(found: readonly (Buffer | Error | null)[]): (Buffer | null)[] {
  for (const each of found) if (each instanceof Error) return orMiss(found);
  return found as (Buffer | null)[];
}

function orMiss(found: readonly (Buffer | Error | null)[]): (Buffer | null)[] {
  const results = found.map((each): Result =>
    each instanceof Error ? (isWrongType(each) ? [null, null] : [each, null]) : [null, each],
  );
  try {
    return repliesOf(results);
  } catch (error) {
    if (error instanceof CachePartlyUnavailable) return error.answers as (Buffer | null)[];
    throw error;
  }
}
