import { join, resolve } from 'node:path';
import { dataFolder } from './folders.ts';
import { takeRunLock } from './run-lock.ts';
import { StackError } from './stack-error.ts';

/** What one instance is chosen by. */
export interface InstanceChoice {
  instance: string;
  /** Another folder than the instance's own (tests). Absolute or from the working directory. */
  dataDir?: string;
}

export const folderOf = ({ instance, dataDir }: InstanceChoice): string =>
  dataDir === undefined ? dataFolder(instance) : resolve(dataDir);

/**
 * Makes this process the one that uses an instance, until `release` or its death: nobody else may throw the data away or
 * stop the servers meanwhile.
 *
 * @param marker  a text that this process has in its command line: how a reused pid is told from the holder
 * @throws {StackError} INSTANCE_TAKEN if a living process has it; the message says which, and how to end it
 */
export async function holdInstance({
  marker,
  ...choice
}: InstanceChoice & { marker: string }): Promise<{ release(): Promise<void> }> {
  const lock = await takeRunLock(join(folderOf(choice), 'run.json'), { marker });
  if ('release' in lock) return lock;
  const { pid, startedAt, marker: program } = lock.holder;
  throw new StackError(
    'INSTANCE_TAKEN',
    `Porchlight already runs here (instance "${choice.instance}"): ${program}, pid ${pid}, ` +
      `since ${new Date(startedAt).toLocaleTimeString('en-GB')}. ` +
      `Stop it with Ctrl-C in its terminal, or with: kill ${pid}`,
  );
}
