import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningServer, stopServer } from '@porchlight/stack';

/** The longest that a server of a test may take to stop: an app drains, a broker closes its logs. */
const STOP_GRACE_MS = 4_500;
/** Every scratch folder of ours begins so; nothing else is ever removed. */
const PREFIX = 'porchlight-test-';

/** Where the tests of one run put what is temporary, and how everything that they started there is ended. */
export interface ScratchFolder {
  readonly folder: string;
  /** Stops the processes that have left a pid file below it, and removes it. A second time does no harm. */
  readonly clear: () => Promise<void>;
}

async function clearFolder(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const pidFiles = names.filter((name) => name.endsWith('.pid')).map((name) => join(folder, name));
  await Promise.all(
    pidFiles.map(async (pidFile) => {
      // Other programs have pid files too: only what our own launcher wrote, and still is that process.
      if (await runningServer(pidFile)) await stopServer(pidFile, { graceMs: STOP_GRACE_MS });
    }),
  );
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * A new folder for what the tests of this run write. Its place is noted in the instance's folder, so that the next run
 * ends what one that was killed has left behind.
 *
 * @param instanceFolder  which this process holds
 */
export async function openScratchFolder(instanceFolder: string): Promise<ScratchFolder> {
  const note = join(instanceFolder, 'scratch');
  const last = (await readFile(note, 'utf8').catch(() => '')).trim();
  if (last.startsWith(join(tmpdir(), PREFIX))) await clearFolder(last);
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  await mkdir(instanceFolder, { recursive: true });
  await writeFile(note, folder);
  return { folder, clear: () => clearFolder(folder) };
}
