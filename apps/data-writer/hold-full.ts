import { ServiceError } from '@porchlight/service';

/** So many homes wait for a part of Redis that no record is begun: the partition waits until some were written, or their tickets are void. */
export class HoldFull extends ServiceError {
  readonly code = 'HOLD_FULL';
  readonly fate = 'retry';
  constructor(homes: number) {
    super(`${homes} homes wait for a part of Redis that does not answer`);
  }
}
