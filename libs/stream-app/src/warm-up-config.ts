import type { CatchUp } from '@porchlight/stream';
import { z } from 'zod';

const DAY_MS = 24 * 3_600_000;

/** What the apps have whose work is worth nothing after its deadline. An app that must do all of it does not have it, and cannot be told. */
export const warmUpConfig = {
  SKIP_OLDER_THAN_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(DAY_MS)
    .default(10_000)
    .describe('records older than this are passed over when a partition is taken on, after an outage; 0: none'),
};

/** @returns what a definition says of its backlog */
export const catchUpOf = ({ SKIP_OLDER_THAN_MS: skipOlderThanMs }: { SKIP_OLDER_THAN_MS: number }): CatchUp =>
  skipOlderThanMs === 0 ? 'all' : { skipOlderThanMs };
