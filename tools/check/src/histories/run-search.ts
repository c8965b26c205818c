import type { FailedHistory } from '@porchlight/estimate-cache/testing/histories';
import { startChild } from '../processes/child-process.ts';
import type { SearchMessage, SearchTask } from './search-protocol.ts';

const WORKER = new URL('search-worker.ts', import.meta.url);

export interface SearchSum {
  readonly histories: number;
  readonly steps: number;
  readonly failures: readonly FailedHistory[];
}

type Done = Extract<SearchMessage, { kind: 'done' }>;

/** A search process. */
interface SearchProcess {
  readonly done: Promise<Done>;
  stop(): void;
}

async function startSearch(
  task: SearchTask,
  told: (histories: number) => void,
  signal: AbortSignal,
): Promise<SearchProcess> {
  const child = await startChild<SearchMessage>({ name: 'a search process', file: WORKER, options: task });
  child.onMessage(({ histories }) => told(histories));
  const done = child.next((message): message is Done => message.kind === 'done');
  signal.addEventListener('abort', () => child.signal('SIGTERM'), { once: true });
  return { done, stop: () => child.tell('stop') };
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
  signal.throwIfAborted();
  const processes = await Promise.all(tasks.map((task, at) => startSearch(task, tell(at), signal)));
  const done = await Promise.all(
    processes.map(async (each) => {
      const ended = await each.done;
      if (ended.failure !== null) processes.forEach((other) => other.stop());
      return ended;
    }),
  ).finally(() => signal.throwIfAborted());
  return {
    histories: done.reduce((sum, { histories }) => sum + histories, 0),
    steps: done.reduce((sum, { steps }) => sum + steps, 0),
    failures: done.flatMap(({ failure }) => failure ?? []),
  };
}
