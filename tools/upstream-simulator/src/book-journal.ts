import { closeSync, createReadStream, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BookEntry, EstimateBook } from './estimate-book.ts';

/** Where changes are written down before they are answered. */
export interface BookJournal {
  append(entries: readonly BookEntry[]): void;
  close(): void;
}

/** Keeps nothing: for tests that have no folder. */
export const forgetfulJournal: BookJournal = { append: () => undefined, close: () => undefined };

const LINES_A_WRITE = 5_000;

// the trailing dot tells a whole line from one that a crash cut short
const lineOf = (entry: BookEntry): string =>
  `${entry.propertyId},${entry.loadedUsd},${entry.valueUsd},${entry.isWithdrawn ? 1 : 0},${entry.estimateVersion},${entry.computedAt},.\n`;

/** A part of a text keeps the whole text alive, here the whole file; a copy does not. */
const ownCopyOf = (part: string): string => Buffer.from(part, 'latin1').toString('latin1');

/** Reads a line back; undefined for one that was cut short. */
export function entryIn(line: string): BookEntry | undefined {
  const [propertyId, loadedUsd, valueUsd, isWithdrawn, estimateVersion, computedAt, end] = line.split(',');
  if (propertyId === undefined || end !== '.') return undefined;
  return {
    propertyId: ownCopyOf(propertyId),
    loadedUsd: Number(loadedUsd),
    valueUsd: Number(valueUsd),
    isWithdrawn: isWithdrawn === '1',
    estimateVersion: Number(estimateVersion),
    computedAt: Number(computedAt),
  };
}

async function readInto(book: EstimateBook, file: string): Promise<void> {
  if (!existsSync(file)) return;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const entry = entryIn(line);
    if (entry !== undefined) book.put(entry);
  }
}

function writeAll(descriptor: number, entries: Iterable<BookEntry>): void {
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) writeSync(descriptor, lines.join(''));
    lines = [];
  };
  for (const entry of entries) {
    lines.push(lineOf(entry));
    if (lines.length === LINES_A_WRITE) flush();
  }
  flush();
}

/** Everything in one file, under its name only when it is whole: a crash leaves the old snapshot and the journal. */
function writeSnapshot(book: EstimateBook, file: string): void {
  const draft = `${file}.draft`;
  const descriptor = openSync(draft, 'w');
  writeAll(descriptor, book.entries());
  closeSync(descriptor);
  renameSync(draft, file);
}

/**
 * Fills the book from a folder, folds the journal into the snapshot, and opens a new journal.
 *
 * A write reaches the operating system before it is answered, so versions survive a kill of the process; a power cut may
 * cost the last ones, which a simulator can live with.
 */
export async function openBookJournal(book: EstimateBook, dataDir: string): Promise<BookJournal> {
  mkdirSync(dataDir, { recursive: true });
  const [snapshot, journal] = [join(dataDir, 'estimates.csv'), join(dataDir, 'estimates.journal.csv')];
  await readInto(book, snapshot);
  if (existsSync(journal)) {
    await readInto(book, journal);
    writeSnapshot(book, snapshot);
    rmSync(journal);
  }
  const descriptor = openSync(journal, 'a');
  return { append: (entries) => writeAll(descriptor, entries), close: () => closeSync(descriptor) };
}
