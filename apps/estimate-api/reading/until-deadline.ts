import type { Clock } from '@porchlight/stream';

/** @returns what the work brings; undefined, if that takes longer: the work goes on. @throws what the work throws in time */
export async function untilDeadline<T>(work: Promise<T>, deadlineAt: number, clock: Clock): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = clock.after(Math.max(0, deadlineAt - clock.now()), () => resolve(undefined));
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.cancel();
  }
}
