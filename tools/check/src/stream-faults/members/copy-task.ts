import { setTimeout as delay } from 'node:timers/promises';
import type { Collector, StreamRecord, StreamTask, Topic } from '@porchlight/stream';
import type { InputValue, OutputValue } from './member-protocol.ts';
import type { TaskListener } from './task-of.ts';

/** A record that no try will mend. */
export class Poisoned extends Error {
  readonly code = 'POISONED';
  readonly fate = 'park';
  constructor() {
    super('this record is poison');
    this.name = 'Poisoned';
  }
}

export interface CopyTaskOptions {
  readonly output: Topic<OutputValue>;
  readonly member: string;
  readonly handlerMs: number;
  readonly listener: TaskListener;
}

/** Copies its input to the output, with the record's identity and its own. Loss: none; a redelivered record is copied again. */
export function createCopyTask({ output, member, handlerMs, listener }: CopyTaskOptions): StreamTask<InputValue> {
  return {
    async process(record: StreamRecord<InputValue>, collector: Collector) {
      const assignment = listener.assignment();
      const { key, poison, slowMs } = record.value;
      if (poison === true) throw new Poisoned();
      if (slowMs !== undefined) listener.onSlow(record.partition);
      const handledMs = slowMs ?? handlerMs;
      if (handledMs > 0) await delay(handledMs);
      const { partition, offset } = record;
      collector.send(output, key, { partition, offset: Number(offset), member, assignment, madeAt: Date.now() });
      listener.onProcessed();
    },
  };
}
