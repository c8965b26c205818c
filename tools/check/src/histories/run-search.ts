import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FailedHistory } from '@porchlight/estimate-cache/testing/histories';
import type { SearchMessage, SearchTask } from './search-protocol.ts';

const WORKER = fileURLToPath(new URL('search-worker.ts', import.meta.url));

export interface SearchSum {
  readonly histories: number;
  readonly steps: number;
  readonly failures: readonly FailedHistory[];
}

type Done = Extract<SearchMessage, { kind: 'done' }>;

/** @throws if the process ends without an answer; what it had to say about it is on standard error */
function runOne(task: SearchTask, told: (histories: number) => void, signal: AbortSignal): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = fork(WORKER, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], signal });
    let done: Done | undefined;
    child.on('message', (message: SearchMessage) => {
      told(message.histories);
      if (message.kind === 'done') done = message;
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      done === undefined ? reject(new Error(`a search process ended with ${code} and no answer`)) : resolve(done),
    );
  });
}

/** Runs the tasks side by side, a process each. @param told  histories of all of them so far */
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
  const done = await Promise.all(tasks.map((task, at) => runOne(task, tell(at), signal)));
  return {
    histories: done.reduce((sum, { histories }) => sum + histories, 0),
    steps: done.reduce((sum, { steps }) => sum + steps, 0),
    failures: done.flatMap(({ failure }) => failure ?? []),
  };
}
