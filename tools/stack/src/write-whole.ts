import { rename, writeFile } from 'node:fs/promises';

/**
 * Writes a file so that a reader, and whoever comes after a crash, finds the old text or the new one, never a part.
 *
 * @param mode  permission bits of a new file; default: what the process' umask leaves of 0o666
 */
export async function writeWhole(file: string, text: string, mode?: number): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, text, mode === undefined ? {} : { mode });
  await rename(part, file);
}
