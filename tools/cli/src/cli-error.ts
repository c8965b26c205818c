/**
 * Why a command did nothing, or not all. The exit code is 69 where somebody else must come back first, 75 where the same
 * command again goes on, 78 for an address that is none, 1 elsewhere.
 */
export const cliErrors = {
  TOPIC_DRIFT: { exitCode: 1, means: 'A topic is there and is not as the code says; nothing was changed.' },
  TOPIC_REFUSED: { exitCode: 1, means: 'Kafka refuses to create a topic as asked.' },
  SCHEMA_DRIFT: {
    exitCode: 1,
    means: 'A subject has another compatibility level than the code says; nothing was changed.',
  },
  SCHEMA_INCOMPATIBLE: {
    exitCode: 1,
    means: 'A schema breaks the compatibility of its subject; nothing was registered.',
  },
  DATABASE_TOO_OLD: { exitCode: 1, means: 'PostgreSQL is older than the migrations need; nothing was changed.' },
  DATABASE_REFUSED: { exitCode: 1, means: 'PostgreSQL refuses a migration; nothing was changed.' },
  DATABASE_URL_INVALID: { exitCode: 78, means: 'DATABASE_URL is no address of PostgreSQL.' },
  TOPIC_UNKNOWN: { exitCode: 1, means: 'There is no such topic.' },
  GROUP_UNKNOWN: { exitCode: 1, means: 'Kafka knows no such group.' },
  GROUP_ACTIVE: {
    exitCode: 1,
    means: 'Somebody is in the group: its startpoint was not moved, or the topic of its state not grown.',
  },
  STARTPOINT_INVALID: {
    exitCode: 1,
    means: 'The startpoint is none of this topic, or lies outside what it holds; nothing was changed.',
  },
  STARTPOINT_HIDES_CHANGE: {
    exitCode: 1,
    means:
      'The startpoint would skip visibility records: a hidden value could stay visible. Nothing was changed, and no flag allows it.',
  },
  SELECTION_MISSING: {
    exitCode: 1,
    means: 'The command does not say which dead letters or homes, or at what price; nothing was changed.',
  },
  LETTER_UNKNOWN: { exitCode: 1, means: 'There is no such dead letter.' },
  SETTLED_TOPIC_MISSING: {
    exitCode: 1,
    means: 'The topic that remembers what became of dead letters is missing; nothing was changed.',
  },
  REPLAY_INTERRUPTED: {
    exitCode: 75,
    means:
      'Kafka failed in the middle of a replay. The same command again goes on: nothing is lost, and nothing sent twice.',
  },
  REVEAL_NEEDS_TERMINAL: {
    exitCode: 1,
    means: 'Hidden values are shown on a terminal only, never into a file or another program.',
  },
  FLAG_CHANGE_REFUSED: {
    exitCode: 1,
    means: 'There is no such flag or cohort, or the percentage is none; nothing was changed.',
  },
  FLAGS_CHANGED_MEANWHILE: {
    exitCode: 1,
    means: 'Somebody else changed the flags since they were read; nothing was changed.',
  },
  FLAGS_REFUSED: { exitCode: 1, means: 'What lies in Redis is no document of flags; nothing was changed.' },
  CACHE_REFUSED: {
    exitCode: 1,
    means: 'Redis cannot hold the estimate cache, or refuses a command of it; nothing was changed.',
  },
  PROPERTY_ID_INVALID: { exitCode: 1, means: 'A text is no id of a property; nothing was changed.' },
  HOMES_INVALID: { exitCode: 1, means: 'The command names no home, or too many; nothing was changed.' },
  FILE_UNREADABLE: {
    exitCode: 1,
    means: 'A file that was named cannot be read, or is not what it should be; nothing was changed.',
  },
  INVALIDATION_INCOMPLETE: {
    exitCode: 75,
    means:
      'Some homes were not reached, or the command was stopped. The same command again does the rest, and harms nothing.',
  },
  DOCTOR_FAILED: { exitCode: 1, means: 'Some checks of the doctor failed; what mends each stands beside it.' },
  METRICS_URL_INVALID: { exitCode: 78, means: 'An address of /metrics is none.' },
  REGION_INVALID: {
    exitCode: 1,
    means: 'The region or the ZIP code is none, has no home, or too many; nothing was changed.',
  },
  WARM_STALLED: {
    exitCode: 75,
    means: 'Nothing of what was asked for came, so no more was asked for. What was asked for may still come.',
  },
  WARM_INCOMPLETE: {
    exitCode: 75,
    means: 'Some homes did not come in time; --left names them, and --file tries them again.',
  },
  NEEDS_YES: { exitCode: 1, means: 'The command changes something, nobody is there to ask, and there is no --yes.' },
  NOT_CONFIRMED: { exitCode: 1, means: 'The answer was not yes; nothing was changed.' },
  KAFKA_UNREACHABLE: { exitCode: 69, means: 'No broker answers.' },
  REGISTRY_UNREACHABLE: { exitCode: 69, means: 'The schema registry does not answer.' },
  REDIS_URL_INVALID: { exitCode: 78, means: 'REDIS_URL is no address of Redis.' },
  REDIS_UNREACHABLE: { exitCode: 69, means: 'Redis does not answer.' },
  DATABASE_UNREACHABLE: { exitCode: 69, means: 'PostgreSQL does not answer.' },
} as const;

export type CliErrorCode = keyof typeof cliErrors;

/** A command that could not be carried out: what is wrong and what mends it, for the person at the terminal. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly fate = 'crash';
  constructor(code: CliErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.code = code;
  }
}

/** The table of errors as Markdown, for the README. */
export const describeCliErrors = (): string =>
  [
    '| code | exit | means |',
    '| --- | --- | --- |',
    ...Object.entries(cliErrors).map(([code, { exitCode, means }]) => `| \`${code}\` | ${exitCode} | ${means} |`),
  ].join('\n');
