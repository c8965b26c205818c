import type { Fate } from '../fate.ts';

/** Every code that a task's state raises, with the fate that it always has. */
const fates = {
  /** Stores were declared for a task that gives the order of its keys up: reads and writes of records that overlap would mean nothing. */
  STATE_NEEDS_ORDER: 'crash',
  /** Stores of two definitions of a group, or of one that reads several topics: whose would the one changelog be? */
  STATE_NEEDS_ONE_INPUT: 'crash',
  /** The app was given no disk or no changelog for the stores that its tasks declare. */
  STATE_NOT_WIRED: 'crash',
  STORE_NAME_INVALID: 'crash',
  /** `context.store` was asked for a store that the definition does not declare. */
  STORE_NOT_DECLARED: 'crash',
  /** A read before the restore has ended, or a write outside `process` and `window`. */
  STATE_CLOSED: 'crash',
  /** Records run side by side, and one touched an entry that is not its key's. */
  STATE_KEY_FOREIGN: 'crash',
  STATE_KEY_INVALID: 'park',
  STATE_VALUE_TOO_LARGE: 'park',
  /** The schema of a stored value is being fetched: the record is tried again. */
  STATE_SCHEMA_UNKNOWN: 'retry',
  STATE_UNREADABLE: 'crash',
  /** Another owner has taken the partition; nothing of ours counts from there on. */
  STATE_LOST: 'retry',
  /** It was lost, and the group has not said so in twice the time that it takes to notice: a restart asks for it anew. */
  STATE_TAKEN: 'crash',
  /** The disk is full, or broken. */
  STATE_DISK_FAILED: 'crash',
  CHANGELOG_MISSING: 'retry',
  CHANGELOG_MISMATCH: 'crash',
  /** The changelog ends before what the disk has: it was deleted, or lost records. */
  CHANGELOG_BEHIND: 'crash',
  /** The beginning of the changelog is gone, and the disk does not have it. */
  CHANGELOG_CUT: 'crash',
} as const satisfies Record<string, Fate>;

export type StateErrorCode = keyof typeof fates;

/** An error of a task's state. Its message holds no key and no value: they may be data. */
export class StateError extends Error {
  readonly code: StateErrorCode;
  readonly fate: Fate;
  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StateError';
    this.code = code;
    this.fate = fates[code];
  }
}
