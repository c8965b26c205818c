import type { Facts } from '@porchlight/contracts';
import { afterRead } from '../decisions/after-read.ts';
import { freshnessOf, type Freshness } from '../freshness.ts';
import type { Breach } from './breach.ts';
import { move, settledValue, withSlot } from './move.ts';
import type { Fetcher, State } from './state.ts';
import { modelPolicy } from './times.ts';
import type { World } from './world.ts';

/** One request at its next step. */
export interface Turn {
  readonly state: State;
  readonly world: World;
  readonly at: number;
  readonly fetcher: Fetcher;
  readonly who: string;
}

export const put = ({ at }: Turn, state: State, fetcher: Fetcher, changes: Partial<State> = {}): State => ({
  ...state,
  ...changes,
  requests: withSlot(state.requests, at, fetcher),
});

export const go = (
  turn: Turn,
  does: string,
  fetcher: Fetcher,
  changes: Partial<State> = {},
  breach: Breach | null = null,
) => move(turn.who, does, put(turn, turn.state, fetcher, changes), breach);

/** What a read of `:v` is worth now; null: nothing is cached. */
export function look({ state, world }: Turn) {
  const value = settledValue(state);
  const freshness = value && freshnessAt(state, world, value);
  return { value, freshness, next: afterRead(freshness) };
}

/** By the marks that estimate-api has read. */
export function freshnessAt(state: State, world: World, value: { facts: Facts; softExpiryAt: number }): Freshness {
  const watermarkAt = world.feed === 'claims to run' ? state.now : state.readingAt;
  const isSaid = watermarkAt !== 0 || state.forgotAt !== 0;
  const mark = isSaid ? { watermarkAt, sinceAt: 0, forgotAt: state.forgotAt } : null;
  return freshnessOf(value, { databaseNow: state.now, cacheNow: state.now, mark }, modelPolicy);
}
