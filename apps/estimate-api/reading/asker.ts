import type { Role } from '@porchlight/visibility';
import type { Outcome, Sheet } from './outcome.ts';

/** That somebody who asked may go before the deadline: then nobody waits for that answer any more. */
export interface Leaving {
  readonly hasLeft: () => boolean;
  /** Resolves when they go. */
  readonly left: Promise<undefined>;
}

/** What is asked with, beside the ids. */
export interface Asking {
  readonly role: Role;
  readonly deadlineMs: number;
  /** Absent: whoever asked waits until the deadline. */
  readonly leaving?: Leaving | undefined;
}

/** Who asks, and until when it waits. */
export interface Asker {
  readonly role: Role;
  /** UTC milliseconds; long ago, once they have left. */
  readonly deadlineAt: number;
  /** Told of each home as soon as something is known. */
  readonly tell: (propertyId: string, outcome: Outcome) => void;
}

/** @returns somebody who is told on this sheet, and waits until the deadline or until they leave */
export function askerOf(sheet: Sheet, { role, leaving }: Asking, deadlineAt: number): Asker {
  return {
    role,
    get deadlineAt() {
      return leaving?.hasLeft() === true ? Number.NEGATIVE_INFINITY : deadlineAt;
    },
    tell: (propertyId, outcome) => void sheet.set(propertyId, outcome),
  };
}
