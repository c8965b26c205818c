import type { LogRecord } from '../kafka/log-reader.ts';

/** Where a replay goes, and where its record can be found if it arrived: not before `from`. */
export interface ReplayTarget {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
}

interface Entry {
  /** The dead letter's id. */
  readonly letter: string;
  /** Names the run of the command that wrote it. */
  readonly run: string;
  /** Who ran it, as the machine knows them. */
  readonly by: string;
  /** UTC milliseconds. */
  readonly at: number;
}

/** A run is about to replay or discard a letter. `supersedes`: the run that had said so before, and of which it was seen that it did not. */
export interface Claim extends Entry {
  readonly kind: 'claimed';
  readonly target?: ReplayTarget;
  readonly supersedes?: string;
}

/** The record is in its topic again. */
export interface Replayed extends Entry {
  readonly kind: 'replayed';
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Nobody wants it any more. */
export interface Discarded extends Entry {
  readonly kind: 'discarded';
  readonly reason: string;
}

/** The run that claimed it did not send it, and will not. */
export interface Released extends Entry {
  readonly kind: 'released';
}

/** What is written of a dead letter: the record of who did what with it, and when. */
export type SettlementEntry = Claim | Released | Replayed | Discarded;

/** What became of a letter. `claimed`: a run has begun and not said how it ended. */
export type LetterState =
  | { readonly state: 'open' }
  | { readonly state: 'claimed'; readonly claim: Claim }
  | { readonly state: 'settled'; readonly entry: Replayed | Discarded };

const KINDS = ['claimed', 'released', 'replayed', 'discarded'];

/** @returns the entry in a record; undefined for one that is none: somebody else's, or of a version to come */
export function entryIn({ value }: LogRecord): SettlementEntry | undefined {
  try {
    const entry = JSON.parse(value?.toString('utf8') ?? '') as Partial<SettlementEntry> | null;
    const isEntry =
      KINDS.includes(entry?.kind ?? '') && typeof entry?.letter === 'string' && typeof entry.run === 'string';
    return isEntry ? (entry as SettlementEntry) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What is known of all letters, folded from the entries in the order of their log. One partition, so everybody sees the same
 * order: of two runs that claim a letter at the same time, both find out that the first has it.
 */
export class Settlements {
  readonly #states = new Map<string, Exclude<LetterState, { state: 'open' }>>();

  add(entry: SettlementEntry): void {
    const before = this.#states.get(entry.letter);
    if (before?.state === 'settled') return;
    if (entry.kind === 'claimed') this.#claim(entry, before?.claim);
    else if (entry.kind !== 'released') this.#states.set(entry.letter, { state: 'settled', entry });
    else if (before?.claim.run === entry.run) this.#states.delete(entry.letter);
  }

  #claim(claim: Claim, before: Claim | undefined): void {
    // The line that lets one run have a letter: a second claim counts only if it names the one that it takes the place of.
    if (before !== undefined && claim.supersedes !== before.run) return;
    this.#states.set(claim.letter, { state: 'claimed', claim });
  }

  of(letter: string): LetterState {
    return this.#states.get(letter) ?? { state: 'open' };
  }
}
