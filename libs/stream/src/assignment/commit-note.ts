/**
 * What a commit says beside its offset (Kafka's commit metadata): that the runtime wrote it, and since when the group reads the topic.
 *
 * The second is what `latest` means from then on: a partition without a commit, in a topic that has others, has been added or has lost its commit.
 * It begins at the first record since that instant, not at the end of today: what was sent to it before it was adopted is not lost.
 */
export interface CommitNote {
  /** UTC milliseconds of the group's first assignment of the topic; null where that is not known or does not matter. */
  readonly sinceMs: number | null;
}

const PATTERN = /^porchlight( since=(\d{1,16}))?$/;

export const encodeNote = ({ sinceMs }: CommitNote): string =>
  sinceMs === null ? 'porchlight' : `porchlight since=${sinceMs}`;

/** @returns undefined for an offset that the runtime did not write: an operator did, or another client */
export function decodeNote(metadata: string | null): CommitNote | undefined {
  const match = PATTERN.exec(metadata ?? '');
  if (match === null) return undefined;
  return { sinceMs: match[2] === undefined ? null : Number(match[2]) };
}
