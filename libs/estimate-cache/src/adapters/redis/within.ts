import { CacheUnavailable } from '../../errors.ts';
import { cacheErrorOf } from './redis-errors.ts';

/**
 * One timer for each round trip. A process that was busy itself may find the answer waiting in its socket when the
 * timer fires, so the socket is read once more before giving up.
 *
 * @throws {CacheUnavailable | CacheFault}
 */
export async function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => setImmediate(() => reject(new CacheUnavailable(`no reply in ${Math.round(timeoutMs)} ms`))),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw cacheErrorOf(error);
  } finally {
    clearTimeout(timer);
  }
}
