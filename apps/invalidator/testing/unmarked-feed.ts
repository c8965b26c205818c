import type { FeedHooks } from '../change-feed.ts';

/** Marks that nobody keeps, for tests of what a change does: it begins at the group's offset, and every bucket can be reached. */
export const unmarkedFeed = (hooks: Partial<FeedHooks> = {}): FeedHooks => ({
  startAt: async (_at, { committed, earliest }) => committed ?? earliest,
  commitAtMost: () => null,
  isAway: () => false,
  passOver: () => undefined,
  raiseSince: async () => undefined,
  ...hooks,
});
