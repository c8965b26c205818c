/** How a fetch ended without an estimate: upstream was called and failed, or it was not asked (late, throttled, not allowed). */
export type NotFetched = 'failed' | 'not-asked';

/** Only a call that went out and failed keeps others from trying: where upstream was not asked, the next one may ask at once. */
export const leavesBackOff = (why: NotFetched): boolean => why === 'failed';
