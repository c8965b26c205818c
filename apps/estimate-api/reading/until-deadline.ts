import type { Clock } from '@porchlight/stream';

/**
 * @param left resolves if whoever waits goes before that
 * @returns what the work brings; undefined, if that takes longer or nobody waits: the work goes on. @throws what the work throws in time
 */
export function untilDeadline<T>(
  work: Promise<T>,
  deadlineAt: number,
  clock: Clock,
  left?: Promise<undefined>,
): Promise<T | undefined> {
  // One promise and no race: it is made for every hit.
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  const timer = clock.after(Math.max(0, deadlineAt - clock.now()), () => resolve(undefined));
  const end = (): void => timer.cancel();
  work.then(
    (brought) => {
      end();
      resolve(brought);
    },
    (error: unknown) => {
      end();
      reject(error);
    },
  );
  void left?.then(() => {
    end();
    resolve(undefined);
  });
  return promise;
}
