import type { CacheConfig } from '../cache-config.ts';
import { fullValue, settle, type Flight, type HomeState, type Step } from '../home-state.ts';
import type { UpdateOutcome } from '../port.ts';

export interface UpdateCommand {
  readonly estimateVersion: number;
  /** null: withdrawn. */
  readonly estimateJson: string | null;
}

/** The time is that of the rise: a repeated event must not refuse a `none` that was fetched after the first one. */
function raiseEstimateFence(flight: Flight, version: number, now: number, config: CacheConfig): Flight {
  const kept = { ...flight, expiresAt: now + config.keepMs };
  return version > flight.estimateFence ? { ...kept, estimateFence: version, estimateFenceRoseAt: now } : kept;
}

/**
 * UPDATE: puts a revalued estimate in the place of an older one; facts, checkedAt and every expiry stay.
 *
 * A fetched `none` has no version: nobody can say whether it was seen before this estimate came, or after it was withdrawn
 * again and this event is late. It goes; the next reader fetches. Facts alone have no version either and stay as they are: an
 * event that is late would put an old estimate into them, and who may see the home fetches in any case.
 */
export function update(
  before: HomeState,
  command: UpdateCommand,
  now: number,
  config: CacheConfig,
): Step<UpdateOutcome> {
  const settled = settle(before, now);
  const { estimateVersion, estimateJson } = command;
  const flight = settled.flight && raiseEstimateFence(settled.flight, estimateVersion, now, config);
  const state = { ...settled, flight };
  const value = fullValue(state);
  if (value === null) return { state, answer: 'absent' };
  if (value.estimateVersion !== null && value.estimateVersion >= estimateVersion) return { state, answer: 'older' };
  const isUndatedNone = value.estimateVersion === null;
  if (isUndatedNone && estimateJson !== null) return { state: { ...state, value: null }, answer: 'removed' };
  return { state: { ...state, value: { ...value, estimateVersion, estimateJson } }, answer: 'updated' };
}
