import { ServiceError } from '@porchlight/service';
import type { StreamState } from '@porchlight/stream';

/** Kafka does not take what we write: what we paid for would lie in memory. Waited for, up to the deadline. */
export class OutputsBlocked extends ServiceError {
  readonly code = 'OUTPUTS_BLOCKED';
  readonly fate = 'retry';
  constructor() {
    super('estimates cannot be written: nothing is paid for');
  }
}

/** What a stream app waits for while Kafka does not answer it, or does not take its outputs. */
const KAFKA = 'kafka';

/** @returns whether what this app writes now would lie in its memory */
export const areOutputsBlocked = ({ waitingFor }: Pick<StreamState, 'waitingFor'>): boolean =>
  waitingFor.includes(KAFKA);
