import { readFile, rm } from 'node:fs/promises';
import { withFolderLock } from './folder-lock.ts';
import { processCommand } from './process-command.ts';
import { writeWhole } from './write-whole.ts';

const LOCK_WAIT_MS = 10_000;

export interface RunHolder {
  pid: number;
  /** UTC milliseconds. */
  startedAt: number;
  /** Part of the holder's command line: a pid alone may be anybody's by now. */
  marker: string;
}

export type RunLock = { release(): Promise<void> } | { holder: RunHolder };

async function holderOf(file: string): Promise<RunHolder | undefined> {
  try {
    const stored = JSON.parse(await readFile(file, 'utf8')) as Partial<RunHolder>;
    const { pid, startedAt, marker } = stored;
    return Number.isInteger(pid) && typeof marker === 'string' && marker !== ''
      ? { pid: pid!, startedAt: startedAt ?? 0, marker }
      : undefined;
  } catch {
    return undefined;
  }
}

const lives = ({ pid, marker }: RunHolder) => processCommand(pid)?.includes(marker) ?? false;

/**
 * Takes the instance for this process, unless a living one has it. The lock of a process that was killed, or whose pid
 * now is another program's, counts for nothing.
 *
 * @param marker  a text that this process has in its command line
 */
export async function takeRunLock(
  file: string,
  { marker, pid = process.pid, startedAt = Date.now() }: { marker: string; pid?: number; startedAt?: number },
): Promise<RunLock> {
  return withFolderLock(
    file,
    { waitMs: LOCK_WAIT_MS, purpose: 'looking whether Porchlight already runs' },
    async () => {
      const holder = await holderOf(file);
      if (holder !== undefined && holder.pid !== pid && lives(holder)) return { holder };
      await writeWhole(file, JSON.stringify({ pid, startedAt, marker }));
      return {
        release: async () => {
          // Only our own: after a take-over the file is somebody else's.
          if ((await holderOf(file))?.pid === pid) await rm(file, { force: true });
        },
      };
    },
  );
}
