import {
  DEAD_LETTER_RETENTION_MS,
  deadLetterTopicOf,
  SETTLED_RETENTION_MS,
  settledTopicOf,
  streamApps,
  topics,
} from './topics.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const spanOf = (ms: number): string => (ms % DAY_MS === 0 ? `${ms / DAY_MS} d` : `${ms / HOUR_MS} h`);

/** Every topic as a Markdown table, for the README. */
export function describeTopics(): string {
  const ours = Object.values(topics).map(
    ({ name, partitions, retentionMs, cleanup, compatibility }) =>
      `| \`${name}\` | ${partitions} | ${spanOf(retentionMs)} | ${cleanup} | ${compatibility} |`,
  );
  const parked = streamApps.map(
    (app) =>
      `| \`${deadLetterTopicOf(app)}\` | 1 | ${spanOf(DEAD_LETTER_RETENTION_MS)} | delete | the original bytes |`,
  );
  const settled = streamApps.map(
    (app) => `| \`${settledTopicOf(app)}\` | 1 | ${spanOf(SETTLED_RETENTION_MS)} | delete | JSON of the command line |`,
  );
  return [
    '| topic | partitions | kept | clean-up | compatibility |',
    '| --- | --- | --- | --- | --- |',
    ...ours,
    ...parked,
    ...settled,
  ].join('\n');
}
