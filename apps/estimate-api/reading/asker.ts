import type { Role } from '@porchlight/visibility';
import type { Outcome } from './outcome.ts';

/** Who asks, and until when it waits. */
export interface Asker {
  readonly role: Role;
  readonly deadlineAt: number;
  /** Told of each home as soon as something is known. */
  readonly tell: (propertyId: string, outcome: Outcome) => void;
}
