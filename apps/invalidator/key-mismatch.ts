import { ServiceError } from '@porchlight/service';

/** A record's key names another home than its value. Both homes are invalidated; somebody must look at the sender. */
export class KeyMismatch extends ServiceError {
  readonly code = 'KEY_MISMATCH';
  readonly fate = 'park';
  constructor(topic: string) {
    super(`a record of ${topic} names one home in its key and another in its value`);
  }
}
