import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, basename } from 'node:path';
import { withFolderLock } from '../folder-lock.ts';

const STAMP = '.porchlight-sha256';
/** How long a second process waits for the first one's download. */
const OTHER_DOWNLOAD_MS = 15 * 60_000;

/** Whether the folder holds all of what has this sum: the stamp is written last. */
async function isComplete(folder: string, sha256: string): Promise<boolean> {
  const stamp = await readFile(join(folder, STAMP), 'utf8').catch(() => '');
  return stamp.trim() === sha256;
}

/** Leftovers of fillers that were killed. Only under the lock: nobody else is writing then. */
async function removeLeftovers(folder: string): Promise<void> {
  const siblings = await readdir(dirname(folder)).catch(() => []);
  const left = siblings.filter((name) => name.startsWith(`${basename(folder)}.`) && name.endsWith('.part'));
  await Promise.all(left.map((name) => rm(join(dirname(folder), name), { recursive: true, force: true })));
}

/**
 * Fills a folder once. Many processes may ask at the same time: one works, the others wait and find it done. The folder
 * appears by a rename when it is whole, so a killed filler leaves no half of it behind.
 *
 * @param folder  where the result will be
 * @param sha256  of what it is made from; another one makes it anew
 * @param fill    writes everything into the folder it is given, or throws
 * @returns       true when this call did the work
 */
export async function unpackOnce(
  folder: string,
  { sha256, what }: { sha256: string; what: string },
  fill: (part: string) => Promise<void>,
): Promise<boolean> {
  if (await isComplete(folder, sha256)) return false;
  return withFolderLock(folder, { waitMs: OTHER_DOWNLOAD_MS, purpose: `fetching ${what}` }, async () => {
    if (await isComplete(folder, sha256)) return false;
    await removeLeftovers(folder);
    const part = `${folder}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
    await mkdir(part, { recursive: true });
    try {
      await fill(part);
      await writeFile(join(part, STAMP), `${sha256}\n`);
      await rm(folder, { recursive: true, force: true });
      await rename(part, folder);
    } finally {
      await rm(part, { recursive: true, force: true });
    }
    return true;
  });
}
