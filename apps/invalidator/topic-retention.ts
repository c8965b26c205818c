import { ServiceError } from '@porchlight/service';
import type { TopicRetention } from '@porchlight/stream';

/** Changes would be gone from the log while values that they made untrue still live in a cache that has forgotten them. */
export class RetentionTooShort extends ServiceError {
  readonly code = 'RETENTION_TOO_SHORT';
  readonly fate = 'crash';
  constructor(problems: readonly string[]) {
    super(problems.join('; '));
  }
}

/**
 * What a Redis with an old memory has forgotten is replayed from the log, so the log must reach back further than any value lives.
 *
 * @param longestTtlMs  the longest that a value lives
 * @throws {RetentionTooShort} naming every topic that keeps less, or may: by size, nobody can say how long
 */
export function checkRetention(retentions: readonly TopicRetention[], longestTtlMs: number): void {
  const problems = retentions
    .filter(({ isDeleting }) => isDeleting)
    .flatMap(({ topic, retentionMs, retentionBytes }) => [
      ...(retentionMs !== null && retentionMs <= longestTtlMs
        ? [
            `${topic} keeps records for ${retentionMs} ms (retention.ms), not longer than a value may live: ${longestTtlMs} ms`,
          ]
        : []),
      ...(retentionBytes !== null
        ? [`${topic} is cut by size (retention.bytes=${retentionBytes}), whatever its age`]
        : []),
    ]);
  if (problems.length > 0) throw new RetentionTooShort(problems);
}
