import { CliError } from '../cli-error.ts';
import type { DeadLetter } from './dead-letter.ts';

/** Which dead letters are meant. What is absent matches all; everything that is given must match. */
export interface LetterFilter {
  /** The original topic. */
  readonly topic?: string | undefined;
  readonly code?: string | undefined;
  /** The original partition. */
  readonly partition?: number | undefined;
  /** Original offsets, both included. */
  readonly offsets?: { readonly first: number; readonly last: number } | undefined;
  /** Parked not before, and before; UTC milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** The key as UTF-8. */
  readonly key?: string | undefined;
  /** Single letters, each `<partition>:<offset>` in the dead-letter topic. */
  readonly refs?: readonly string[] | undefined;
}

const RANGE = /^(\d{1,16})(?:\.\.(\d{1,16}))?$/;

/** @param text `12` or `12..40` @returns both ends, included; undefined if it is neither */
export function parseOffsetRange(text: string): { first: number; last: number } | undefined {
  const [, first, last = first] = RANGE.exec(text) ?? [];
  if (first === undefined || Number(first) > Number(last)) return undefined;
  return { first: Number(first), last: Number(last) };
}

/** @returns whether a letter is meant */
export function matches(letter: DeadLetter, filter: LetterFilter): boolean {
  const { origin, code, parkedAt, record, ref } = letter;
  const { topic, partition, offsets, since, until, key, refs } = filter;
  return (
    (topic === undefined || origin?.topic === topic) &&
    (filter.code === undefined || code === filter.code) &&
    (partition === undefined || origin?.partition === partition) &&
    (offsets === undefined ||
      (origin !== undefined && origin.offset >= offsets.first && origin.offset <= offsets.last)) &&
    (since === undefined || parkedAt >= since) &&
    (until === undefined || parkedAt < until) &&
    (key === undefined || record.key?.toString('utf8') === key) &&
    (refs === undefined || refs.includes(ref))
  );
}

/** @throws {CliError} SELECTION_MISSING if nothing says which letters: a forgotten filter must not mean all of them */
export function refuseNoSelection(filter: LetterFilter, all: boolean): void {
  if (all || Object.values(filter).some((value) => value !== undefined)) return;
  throw new CliError(
    'SELECTION_MISSING',
    'which dead letters? Say --topic, --code, --partition, --offsets, --since, --until, --key or --letter; all of them: --all. Nothing was changed',
  );
}
