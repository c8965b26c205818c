import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { BookJournal } from './book-journal.ts';
import {
  estimateIn,
  loaded,
  revalued,
  withdrawn,
  type BookedEstimate,
  type BookEntry,
  type EstimateBook,
  type LoadedHome,
} from './estimate-book.ts';

/** The most homes that one call loads, and that one call re-values or withdraws. */
export const HOMES_A_LOAD_MAX = 10_000;
export const HOMES_A_REVALUE_MAX = 100_000;

/** More homes than one call may change. */
export class TooManyHomes extends Error {
  readonly code = 'TOO_MANY_HOMES';
  override readonly name = 'TooManyHomes';
}

/** The homes to re-value: by name, or each with a probability. */
export type RevalueWish = { propertyIds: readonly string[] } | { share: number };

export interface ValuationDesk {
  /** @returns how many homes changed, and how many are in the book now */
  load(homes: readonly LoadedHome[]): { changed: number; homes: number };
  /** Raises the version of each, and moves its value. Homes that never had an estimate are skipped. */
  revalue(wish: RevalueWish): { estimates: BookedEstimate[]; skipped: string[] };
  /** From now on these homes are missing. A withdrawal has a version too: that of `estimate.updated` with null. */
  withdraw(propertyIds: readonly string[]): {
    withdrawn: { propertyId: string; estimateVersion: number }[];
    skipped: string[];
  };
}

interface DeskPorts {
  book: EstimateBook;
  journal: BookJournal;
  seed: number;
  nowMs: () => number;
}

/** The only writer of the book: written down first, then in force, so that a version that was answered never goes back. */
export function createValuationDesk({ book, journal, seed, nowMs }: DeskPorts): ValuationDesk {
  const random = xoroshiro128plus(seed);
  const apply = (changes: BookEntry[]): void => {
    journal.append(changes);
    changes.forEach((entry) => book.put(entry));
  };
  const change = (
    propertyIds: readonly string[],
    next: (old: BookEntry | undefined) => BookEntry | undefined,
  ): { changes: BookEntry[]; skipped: string[] } => {
    if (propertyIds.length > HOMES_A_REVALUE_MAX) {
      throw new TooManyHomes(`${propertyIds.length} homes, at most ${HOMES_A_REVALUE_MAX} a call`);
    }
    const changes: BookEntry[] = [];
    const skipped: string[] = [];
    for (const propertyId of new Set(propertyIds)) {
      const entry = next(book.entryOf(propertyId));
      if (entry === undefined) skipped.push(propertyId);
      else changes.push(entry);
    }
    apply(changes);
    return { changes, skipped };
  };

  return {
    load(homes) {
      const now = nowMs();
      // the last of two entries for one home wins, and the earlier one leaves no version behind
      const wanted = new Map(homes.map((home) => [home.propertyId, home]));
      const changes = [...wanted.values()].flatMap((home) => loaded(book.entryOf(home.propertyId), home, now) ?? []);
      apply(changes);
      return { changed: changes.length, homes: book.size };
    },
    revalue(wish) {
      const now = nowMs();
      const isNamed = 'propertyIds' in wish;
      const chosen = isNamed
        ? wish.propertyIds
        : [...book.propertyIds()].filter(() => uniformFloat64(random) < wish.share);
      const { changes, skipped } = change(chosen, (old) => revalued(old, seed, now));
      const estimates = changes.flatMap((entry) => estimateIn(entry, seed) ?? []);
      return { estimates, skipped: isNamed ? skipped : [] };
    },
    withdraw(propertyIds) {
      const now = nowMs();
      const { changes, skipped } = change(propertyIds, (old) => withdrawn(old, now));
      return {
        withdrawn: changes.map(({ propertyId, estimateVersion }) => ({ propertyId, estimateVersion })),
        skipped,
      };
    },
  };
}
