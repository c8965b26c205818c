import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs util-linux's taskset. @throws an Error that says what to install */
async function taskset(...args: string[]): Promise<string> {
  try {
    return (await run('taskset', args)).stdout;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new Error(
      'taskset is not there: install util-linux (Debian: apt-get install util-linux), or measure without cores of their own: --pinned 0',
      { cause },
    );
  }
}

/** Numbers in a list as taskset prints it: `0-2,5` is 0, 1, 2, 5. */
export function coresIn(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [from = NaN, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => from + at);
    });
}

/** The cores that this process may use. */
export async function coresAllowed(): Promise<number[]> {
  const said = await taskset('-c', '-p', String(process.pid));
  return coresIn(said.slice(said.lastIndexOf(':') + 1));
}

/** Keeps a process, every thread of it and whatever it starts from now on, on these cores. */
export async function pinTo(cores: readonly number[], pid: number): Promise<void> {
  await taskset('-a', '-c', '-p', cores.join(','), String(pid));
}
