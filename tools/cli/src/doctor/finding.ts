/** `pass`, `warn`: works, but look at it; `fail`: mend it; `skip`: nobody said where it is. */
export type FindingState = 'pass' | 'warn' | 'fail' | 'skip';

/** What one check found. */
export interface Finding {
  /** Stable: scripts may look for it. */
  readonly check: string;
  readonly state: FindingState;
  readonly found: string;
  /** What to do; null: nothing. */
  readonly mend: string | null;
}

export const passed = (check: string, found: string): Finding => ({ check, state: 'pass', found, mend: null });
export const warned = (check: string, found: string, mend: string): Finding => ({ check, state: 'warn', found, mend });
export const failed = (check: string, found: string, mend: string): Finding => ({ check, state: 'fail', found, mend });
