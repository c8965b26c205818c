import { ServiceError } from '@porchlight/service';

/** The copy of the MLS rules is too old to say what is hidden. Waited for: the poll goes on. */
export class RulesTooOld extends ServiceError {
  readonly code = 'RULES_TOO_OLD';
  readonly fate = 'retry';
  constructor() {
    super('the copy of the MLS rules is too old to decide with');
  }
}
