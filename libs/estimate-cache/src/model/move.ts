import type { Facts } from '@porchlight/contracts';
import { readableValue, settle, type HomeState, type StoredValue } from '../home-state.ts';
import { judgeQuiet, judgeReplaced, judgeStored, type Breach, type Promised } from './breach.ts';
import type { Fetcher, State } from './state.ts';
import type { World, WorldLimits } from './world.ts';

/** One step of somebody, and the state that it leads to. `breach`: the step itself breaks a promise. */
export interface Move {
  readonly who: string;
  readonly does: string;
  readonly to: State;
  readonly breach: Breach | null;
}

/** Everybody's moves are functions of this shape. */
export type Moves = (state: State, world: World) => Move[];

export const move = (who: string, does: string, to: State, breach: Breach | null = null): Move => ({
  who,
  does,
  to,
  breach,
});

/** The first breach that is asked for. */
const firstOf = (breaches: readonly (Breach | null)[], promises?: ReadonlySet<Promised>): Breach | null =>
  breaches.find((each) => each !== null && (promises === undefined || promises.has(each.promise))) ?? null;

/** What is broken in a state, however it was reached. */
export const breachIn = (state: State, world: World, promises?: ReadonlySet<Promised>): Breach | null =>
  firstOf([judgeStored(state), judgeQuiet(state, world)], promises);

/** What a move breaks, and what is broken in the state that it leaves. */
export const breachOf = ({ to, breach }: Move, world: World, promises?: ReadonlySet<Promised>): Breach | null =>
  firstOf([breach, judgeStored(to), judgeQuiet(to, world)], promises);

/** A command on the home; what it did to the value is judged. */
export function onHome(
  state: State,
  home: HomeState,
  changes: Partial<State> = {},
): { to: State; breach: Breach | null } {
  const breach = judgeReplaced(settle(state.home, state.now), home);
  return { to: { ...state, ...changes, home }, breach };
}

/** One of what is limited in this world is used up. */
export const spend = (state: State, what: keyof WorldLimits): WorldLimits => ({
  ...state.left,
  [what]: state.left[what] - 1,
});

export const settledValue = (state: State): StoredValue | null => readableValue(settle(state.home, state.now));

/** The facts as the property database has them, or as a copy that lags has them. */
export const factsAt = (state: State, world: World, version: number): Facts => ({
  visibilityVersion: version,
  status: world.facts[version - 1] ?? 'active',
  mlsId: null,
  overrideLevel: null,
  checkedAt: state.now,
});

export const withSlot = (slots: readonly Fetcher[], at: number, fetcher: Fetcher): readonly Fetcher[] =>
  slots.map((each, index) => (index === at ? fetcher : each));

export const freshName = (state: State): { name: string; drawn: number } => ({
  name: `#${state.drawn}`,
  drawn: state.drawn + 1,
});

/** What upstream answers: a version, or null for a home that has no estimate. */
export const upstreamAt = (world: World, version: number): number | null =>
  world.estimates[version] === 'value' ? version : null;

export const estimateJsonOf = (version: number | null): string | null => (version === null ? null : `e${version}`);

/** Every source that is read answers what it has now; one that lags may answer the version before. */
export function readable(now: number, lowest: number, left: number): readonly { version: number; isLate: boolean }[] {
  const current = { version: now, isLate: false };
  return left > 0 && now > lowest ? [current, { version: now - 1, isLate: true }] : [current];
}
