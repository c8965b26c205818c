import { CacheUnavailable } from '../../errors.ts';
import { cacheErrorOf } from './redis-errors.ts';

/**
 * One timer for each round trip. A process that was busy itself may find the answer waiting in its socket when the
 * timer fires, so the socket is read once more before giving up.
 *
 * @throws {CacheUnavailable | CacheFault}
 */
export function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const late = (): void => reject(new CacheUnavailable(`no reply in ${Math.round(timeoutMs)} ms`));
    const timer = setTimeout(() => setImmediate(late), timeoutMs);
    // Not a race of two promises: that costs a single GET as much as reading its value.
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(cacheErrorOf(error));
      },
    );
  });
}
