import type { HomeState } from '../home-state.ts';
import type { FillStepAnswer } from '../transitions/fill.ts';
import type { LeaseClass } from '../port.ts';
import { estimateJsonOf, upstreamAt } from './move.ts';
import type { Fetcher, State } from './state.ts';
import { modelConfig, modelTtls } from './times.ts';
import type { World } from './world.ts';

/** ACQUIRE of a fetcher; a new epoch is drawn beside it, as the adapters do. */
export function acquireFor(state: State, world: World, fetcher: Fetcher, leaseClass: LeaseClass) {
  const command = {
    class: leaseClass,
    nonce: fetcher.nonce,
    newEpoch: `#${state.drawn}`,
    seenSoftExpiryAt: fetcher.seen,
  };
  return { ...world.design.acquire(state.home, command, state.now, modelConfig), drawn: state.drawn + 1 };
}

/** FILL of a fetcher that holds everything. */
export function fillFor(
  state: State,
  world: World,
  { ticket, facts, fetched = null }: Fetcher,
  leaseClass: LeaseClass,
): { state: HomeState; answer: FillStepAnswer } {
  if (ticket === null || facts === null) throw new Error('a fetcher without a ticket or facts cannot fill');
  const version = fetched === 'unknown' ? null : fetched;
  const command = {
    class: leaseClass,
    ticket,
    facts,
    isFactsOnly: fetched === 'unknown',
    estimateVersion: version,
    estimateJson: estimateJsonOf(version),
    ttls: modelTtls,
  };
  return world.design.fill(state.home, command, state.now, modelConfig);
}

export function releaseFor(state: State, world: World, { nonce }: Fetcher, backOff: boolean): HomeState {
  return world.design.release(state.home, { nonce, backOff }, state.now, modelConfig).state;
}

/** What a viewer may turn out to be, at each look at the facts anew: of viewers there are many, and rules change. */
export const judgementsOf = ({ someMayNotSee }: World): readonly ('pay' | 'unpaid')[] =>
  someMayNotSee ? ['pay', 'unpaid'] : ['pay'];

/** What upstream may answer now. */
export const upstreamAnswers = (state: State, world: World): readonly { fetched: number | null; isLate: boolean }[] => {
  const current = { fetched: upstreamAt(world, state.estimateVersion), isLate: false };
  const hasOlder = state.left.laggingEstimates > 0 && state.estimateVersion > world.firstEstimate;
  return hasOlder ? [current, { fetched: upstreamAt(world, state.estimateVersion - 1), isLate: true }] : [current];
};
