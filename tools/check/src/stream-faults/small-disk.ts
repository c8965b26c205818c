import { execFile } from 'node:child_process';
import { mkdir, rmdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const COMMAND_MS = 10_000;

/** A file system in memory that holds no more than it is told. */
export interface SmallDisk {
  /** Makes room. */
  grow(megabytes: number): Promise<void>;
  remove(): Promise<void>;
}

/** @returns the disk, mounted on `folder`; or why there is none: it takes root, and a kernel that lets it mount */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk | { problem: string }> {
  await mkdir(folder, { recursive: true });
  const mount = (...options: string[]) => run('mount', [...options, 'tmpfs', folder], { timeout: COMMAND_MS });
  try {
    await mount('-t', 'tmpfs', '-o', `size=${megabytes}m`);
  } catch (thrown) {
    return { problem: `no small disk can be mounted: ${firstLineOf(thrown)}` };
  }
  return {
    grow: async (to) => void (await mount('-o', `remount,size=${to}m`)),
    async remove() {
      // Lazily: a process that was killed just now may hold it for another moment.
      await run('umount', ['--lazy', folder], { timeout: COMMAND_MS });
      await rmdir(folder).catch(() => undefined);
    },
  };
}

const firstLineOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).trim().split('\n').at(-1) ?? '';
