import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import { StackError } from './stack-error.ts';

const STALE_MS = 5_000;
const RENEW_MS = 1_000;
const RETRY_MS = 250;

/**
 * Runs `work` while this process alone, of all processes, holds the folder.
 *
 * A holder that was killed is forgotten after STALE_MS: a lock must not outlive a SIGKILL for longer than that.
 *
 * @param waitMs  how long somebody else may keep it before this gives up
 * @throws {StackError} INSTANCE_BUSY when that time has passed
 */
export async function withFolderLock<T>(
  folder: string,
  { waitMs, purpose }: { waitMs: number; purpose: string },
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(folder), { recursive: true });
  const release = await lock(folder, {
    lockfilePath: `${folder}.lock`,
    // The folder itself need not be there yet.
    realpath: false,
    stale: STALE_MS,
    update: RENEW_MS,
    retries: {
      retries: Math.max(1, Math.ceil(waitMs / RETRY_MS)),
      factor: 1,
      minTimeout: RETRY_MS,
      maxTimeout: RETRY_MS,
    },
    // A machine that slept may find its lock taken over. The default is to crash; the work checks its results anyway.
    onCompromised: () => undefined,
  }).catch((cause: unknown) => {
    throw new StackError(
      'INSTANCE_BUSY',
      `${purpose}: another process has held ${folder}.lock for ${waitMs / 1000} s; end it, or try again`,
      { cause },
    );
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}
