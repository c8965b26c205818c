/** What a call gives that mostly ends at once: a promise for each record would cost more than the record. */
export type MaybePromise<T> = T | PromiseLike<T>;

/** True for what has to be awaited, of whatever library or realm. */
export const isPending = <T>(value: MaybePromise<T>): value is PromiseLike<T> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
