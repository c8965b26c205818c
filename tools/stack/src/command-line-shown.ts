import { processCommand } from './process-command.ts';
import { waitUntil } from './wait-until.ts';

const SHOWN_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 1;

/**
 * Waits until a process that was just spawned can be told by its command line, or has ended.
 *
 * A spawn is told of when exec has closed the parent's pipe, and the kernel sets the new command line after that (binfmt_elf):
 * in between /proc shows an empty one, as of a zombie. On a busy machine a process can be held up there for long enough to be
 * taken for one that has ended.
 *
 * @param exited  settles when it has ended
 * @param look  its command line; undefined: none, or none yet
 */
export async function commandLineShown(
  pid: number,
  exited: Promise<unknown>,
  look: (pid: number) => string | undefined = processCommand,
): Promise<void> {
  let hasEnded = false;
  void exited.then(() => (hasEnded = true));
  await waitUntil(() => hasEnded || look(pid) !== undefined, { withinMs: SHOWN_WITHIN_MS, pollMs: LOOK_EVERY_MS });
}
