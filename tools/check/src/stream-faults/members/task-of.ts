import type { TaskDefinition, Topic } from '@porchlight/stream';
import { createCopyTask } from './copy-task.ts';
import { createCountTask, counts } from './count-task.ts';
import type { InputValue, MemberOptions, OutputValue } from './member-protocol.ts';

/** What a task tells its process. */
export interface TaskListener {
  /** The assignment that is in force. */
  assignment(): number;
  /** The handler of a slow record begins. */
  onSlow(partition: number): void;
  onProcessed(): void;
}

/** @returns the task that the options ask for: one with state if they name a folder for it */
export function taskOf(
  { input, output: outputName, name: member, handlerMs, stateDir, paddingBytes = 0, catchUp }: MemberOptions,
  listener: TaskListener,
): { output: Topic<OutputValue>; definition: TaskDefinition<unknown> } {
  const output: Topic<OutputValue> = { name: outputName };
  const shared = {
    inputs: [{ name: input } as Topic<InputValue>],
    order: 'partition',
    startFrom: 'earliest',
    ...(catchUp === undefined ? {} : { catchUp }),
  } as const;
  const copying: TaskDefinition<InputValue> = {
    ...shared,
    createTask: () => createCopyTask({ output, member, handlerMs, listener }),
  };
  const counting: TaskDefinition<InputValue> = {
    ...shared,
    stores: [counts],
    createTask: (_partition, context) =>
      createCountTask({ output, member, handlerMs, paddingBytes, listener, store: context.store(counts) }),
  };
  return { output, definition: stateDir === undefined ? copying : counting };
}
