import { setTimeout as delay } from 'node:timers/promises';
import type { Collector, StreamRecord, StreamTask, Topic } from '@porchlight/stream';
import type { InputValue, OutputValue } from './member-protocol.ts';

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
  /** The assignment that is in force. */
  assignment(): number;
  /** Told when the handler of a slow record begins. */
  onSlow(partition: number): void;
  onProcessed(): void;
}

/** Copies its input to the output, with the record's identity and its own. Loss: none; a redelivered record is copied again. */
export function createCopyTask(options: CopyTaskOptions): StreamTask<InputValue> {
  const { output, member, handlerMs } = options;
  return {
    async process(record: StreamRecord<InputValue>, collector: Collector) {
      const assignment = options.assignment();
      const { key, poison, slowMs } = record.value;
      if (poison === true) throw new Poisoned();
      if (slowMs !== undefined) options.onSlow(record.partition);
      const handledMs = slowMs ?? handlerMs;
      if (handledMs > 0) await delay(handledMs);
      const { partition, offset } = record;
      collector.send(output, key, { partition, offset: Number(offset), member, assignment });
      options.onProcessed();
    },
  };
}
