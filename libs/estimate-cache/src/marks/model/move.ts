import type { MarkState } from './state.ts';

/** One step of somebody, the state that it leads to, and how it breaks a promise if it does. */
export interface Move {
  readonly who: string;
  readonly does: string;
  readonly to: MarkState;
  readonly breach: string | null;
}
