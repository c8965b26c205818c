import { performance } from 'node:perf_hooks';
import {
  controlPromises,
  promises,
  redisHistoryWorlds,
  searchHistories,
} from '@porchlight/estimate-cache/testing/histories';
import type { SearchMessage, SearchTask } from './search-protocol.ts';

/** A process that plays histories on one Redis until its time is over: one of several, since a process is one core. */
const PROGRESS_MS = 5_000;

const task = JSON.parse(process.argv[2] ?? '{}') as SearchTask;
const tell = (message: SearchMessage): void => void process.send?.(message);

const began = performance.now();
let toldAt = began;
let isStopped = false;
process.once('message', () => (isStopped = true));
const worlds = await redisHistoryWorlds(task.servers, task.design);
const isOver = (histories: number): boolean => {
  const now = performance.now();
  if (now - toldAt > PROGRESS_MS) {
    toldAt = now;
    tell({ kind: 'progress', histories });
  }
  return (
    isStopped || now - began > task.seconds * 1_000 || (task.historiesMax !== null && histories >= task.historiesMax)
  );
};
try {
  const { seed, lanes, design } = task;
  const judged = design === 'plain' ? controlPromises : promises;
  const searched = await searchHistories({ world: () => worlds.world(), seed, lanes, judged, isOver });
  tell({ kind: 'done', ...searched });
} finally {
  await worlds.close();
}
process.disconnect?.();
