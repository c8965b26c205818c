import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FailedHistory } from '@porchlight/estimate-cache/testing/histories';
import type { SearchMessage, SearchTask } from './search-protocol.ts';

const WORKER = fileURLToPath(new URL('search-worker.ts', import.meta.url));

/** Of this process: the check's own last line stays the last one. */
const STDERR = 2;

export interface SearchSum {
  readonly histories: number;
  readonly steps: number;
  readonly failures: readonly FailedHistory[];
}

type Done = Extract<SearchMessage, { kind: 'done' }>;

/** A search process. */
class SearchProcess {
  readonly #child: ChildProcess;
  readonly done: Promise<Done>;

  constructor(task: SearchTask, told: (histories: number) => void, signal: AbortSignal) {
    const child = fork(WORKER, [JSON.stringify(task)], { stdio: ['ignore', STDERR, STDERR, 'ipc'], signal });
    this.#child = child;
    this.done = new Promise((resolve, reject) => {
      child.on('message', (message: SearchMessage) => {
        told(message.histories);
        if (message.kind === 'done') resolve(message);
      });
      child.once('error', reject);
      // After its last message this changes nothing.
      child.once('exit', (code) => reject(new Error(`a search process ended with ${code} and no answer`)));
    });
  }

  stop(): void {
    if (this.#child.connected) this.#child.send('stop');
  }
}

/**
 * Runs the tasks side by side, a process each; whoever finds something ends the others.
 *
 * @param told  histories of all of them so far
 * @throws if a process ends without an answer; what it had to say about it is on standard error
 */
export async function runSearch(
  tasks: readonly SearchTask[],
  told: (histories: number) => void,
  signal: AbortSignal,
): Promise<SearchSum> {
  const counts = tasks.map(() => 0);
  const tell = (at: number) => (histories: number) => {
    counts[at] = histories;
    told(counts.reduce((sum, each) => sum + each, 0));
  };
  const processes = tasks.map((task, at) => new SearchProcess(task, tell(at), signal));
  const done = await Promise.all(
    processes.map(async (each) => {
      const ended = await each.done;
      if (ended.failure !== null) processes.forEach((other) => other.stop());
      return ended;
    }),
  );
  return {
    histories: done.reduce((sum, { histories }) => sum + histories, 0),
    steps: done.reduce((sum, { steps }) => sum + steps, 0),
    failures: done.flatMap(({ failure }) => failure ?? []),
  };
}
