import { readFile } from 'node:fs/promises';
import { CliError } from '../cli-error.ts';
import { printableShort } from '../terminal/printable.ts';

/** What an id of a property may be, as the contracts say. */
const PROPERTY_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Homes that one command works on; above that it is several commands, each with a plan that a person can read. */
export const HOMES_MAX = 1_000_000;
const SHOWN_CHARACTERS_MAX = 80;

/** @returns whether a text is an id of a property */
export const isPropertyId = (text: string): boolean => PROPERTY_ID.test(text);

/**
 * @param text one id a line; empty lines and lines that begin with # say nothing
 * @param from how the text is called in messages
 * @returns each id once, in the order in which they came
 * @throws {CliError} PROPERTY_ID_INVALID naming the first line that is none, HOMES_INVALID for none or too many
 */
export function parseHomes(text: string, from: string): string[] {
  const ids = new Set<string>();
  text.split('\n').forEach((raw, at) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    if (!isPropertyId(line))
      throw new CliError(
        'PROPERTY_ID_INVALID',
        `line ${at + 1} of ${from} is no id of a property: ${printableShort(line, SHOWN_CHARACTERS_MAX)}; nothing was changed`,
      );
    ids.add(line);
  });
  return mustBeSome([...ids], from);
}

function mustBeSome(ids: string[], from: string): string[] {
  if (ids.length === 0) throw new CliError('HOMES_INVALID', `${from} names no home: one id a line`);
  if (ids.length > HOMES_MAX)
    throw new CliError(
      'HOMES_INVALID',
      `${from} names ${ids.length} homes, more than the ${HOMES_MAX} of one command: split it`,
    );
  return ids;
}

/** @throws {CliError} FILE_UNREADABLE */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new CliError(
      'FILE_UNREADABLE',
      `${path} cannot be read (${code}): does it exist, and may you read it?`,
      error,
    );
  }
}

/**
 * @param given ids on the command line, which were looked at already
 * @param file  a file with more of them, one a line
 * @throws {CliError} FILE_UNREADABLE, PROPERTY_ID_INVALID, HOMES_INVALID
 */
export async function readHomes(given: readonly string[], file: string | undefined): Promise<string[]> {
  if (file === undefined) return mustBeSome([...new Set(given)], 'the command');
  return mustBeSome([...new Set([...given, ...parseHomes(await readText(file), file)])], file);
}
