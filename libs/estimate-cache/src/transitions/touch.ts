import { readableValue, settle, type HomeState, type Step } from '../home-state.ts';
import type { TouchOutcome } from '../port.ts';

export interface TouchCommand {
  readonly visibilityVersion: number;
  readonly checkedAt: number;
}

/** TOUCH: a check found the same facts. Only at the equal version: of any other, the check says nothing. */
export function touch(before: HomeState, command: TouchCommand, now: number): Step<TouchOutcome> {
  const state = settle(before, now);
  const value = readableValue(state);
  if (value === null) return { state, answer: 'absent' };
  if (value.facts.visibilityVersion !== command.visibilityVersion) return { state, answer: 'changed' };
  if (value.facts.checkedAt >= command.checkedAt) return { state, answer: 'touched' };
  const facts = { ...value.facts, checkedAt: command.checkedAt };
  return { state: { ...state, value: { ...value, facts } }, answer: 'touched' };
}
