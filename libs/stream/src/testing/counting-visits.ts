import type { StoreDefinition, StreamTask, TaskContext, Topic } from '../port.ts';
import type { MemoryDisk } from '../state/memory-disk.ts';
import type { MemoryApp } from './memory-app.ts';
import { reading } from './test-bed.ts';
import { createTestRun, type TestRun, type TestRunOptions } from './test-run.ts';

export interface Visit {
  readonly who: string;
}

/** Who has come, and how often. */
export interface VisitCount {
  readonly who: string;
  readonly visits: number;
}

export const visits: Topic<Visit> = { name: 'visits' };
export const visitCounts: Topic<VisitCount> = { name: 'counts' };
export const visitStore: StoreDefinition<number> = { name: 'counts', values: { name: 'count' } };

/** Counts visits by person, and sends each count: an input that is counted twice shows in both. */
export const countingTask = (context: TaskContext): StreamTask<Visit> => {
  const kept = context.store(visitStore);
  return {
    process({ value: { who } }, collector) {
      const count = (kept.get(who) ?? 0) + 1;
      kept.put(who, count);
      collector.send(visitCounts, who, { who, visits: count });
    },
  };
};

export const countingVisits = reading(visits, (_partition, context) => countingTask(context), { stores: [visitStore] });

export const createVisitRun = (options: Partial<TestRunOptions> = {}): TestRun =>
  createTestRun({ definitions: [countingVisits], settings: { commitEveryMs: 1_000 }, ...options });

export const visit = (run: TestRun, ...people: string[]): void => {
  for (const who of people) run.append({ topic: visits, key: who, value: { who } });
};

const sentOf = async (run: TestRun): Promise<VisitCount[]> =>
  (await run.sent(visitCounts)).map(({ value }) => value as VisitCount);

/** All that was sent, each as `<who> <how often>`. */
export const countsSent = async (run: TestRun): Promise<string[]> =>
  (await sentOf(run)).map(({ who, visits: count }) => `${who} ${count}`);

/** The last that was sent of each person. */
export const lastCounts = async (run: TestRun): Promise<Record<string, number>> =>
  Object.fromEntries((await sentOf(run)).map(({ who, visits: count }) => [who, count]));

/** Ends a member as a killed process does, and starts another one. */
export const crashAndStart = async (run: TestRun, member: MemoryApp, disk?: MemoryDisk): Promise<MemoryApp> => {
  await member.crash();
  const next = await run.startMember(disk === undefined ? {} : { disk });
  await run.settle();
  return next;
};
