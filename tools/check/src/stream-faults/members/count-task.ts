import { setTimeout as delay } from 'node:timers/promises';
import type { StreamTask, TaskDefinition, Topic } from '@porchlight/stream';
import type { InputValue, OutputValue } from './member-protocol.ts';
import type { TaskListener } from './task-of.ts';

/** What is known of a key. */
export interface Count {
  readonly count: number;
  /** Makes the entry as large as a scenario wants it. */
  readonly padding: string;
}

type AnyStore = NonNullable<TaskDefinition<unknown>['stores']>[number];

export const counts = { name: 'counts', values: { name: 'counts' } as Topic<Count> } satisfies AnyStore;

/** What the task needs of its store. */
export interface CountStore {
  get(key: string): Count | undefined;
  put(key: string, value: Count): void;
}

export interface CountTaskOptions {
  readonly output: Topic<OutputValue>;
  readonly member: string;
  readonly handlerMs: number;
  readonly paddingBytes: number;
  readonly listener: TaskListener;
  readonly store: CountStore;
}

/** Counts the records of each key, and says with each which one it was. Loss: none; a record that comes again is not counted again. */
export function createCountTask({
  output,
  member,
  listener,
  store,
  ...options
}: CountTaskOptions): StreamTask<InputValue> {
  const padding = 'x'.repeat(options.paddingBytes);
  return {
    async process({ value, partition, offset }, collector) {
      const assignment = listener.assignment();
      if (options.handlerMs > 0) await delay(options.handlerMs);
      const count = (store.get(value.key)?.count ?? 0) + 1;
      store.put(value.key, { count, padding });
      const made = { partition, offset: Number(offset), member, assignment, madeAt: Date.now(), count };
      collector.send(output, value.key, made);
      listener.onProcessed();
    },
  };
}
