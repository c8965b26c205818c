import { ServiceError } from '@porchlight/service';

/** data-writer does not get on with this partition: what we paid for would not be stored. Waited for, up to the deadline. */
export class WriterSilent extends ServiceError {
  readonly code = 'WRITER_SILENT';
  readonly fate = 'retry';
  constructor(partition: number) {
    super(`data-writer is silent on partition ${partition}`);
  }
}
