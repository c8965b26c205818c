import { settle, type HomeState, type Step } from '../home-state.ts';

/** FORGET: the home does not exist, so nobody needs its flight; one of another epoch is somebody else's. */
export function forget(before: HomeState, command: { readonly epoch: string }, now: number): Step<null> {
  const state = settle(before, now);
  const isSame = state.flight?.epoch === command.epoch;
  return { state: isSame ? { ...state, flight: null } : state, answer: null };
}
