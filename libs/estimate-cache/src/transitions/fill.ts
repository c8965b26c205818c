import type { Facts, Ticket } from '@porchlight/contracts';
import type { CacheConfig } from '../cache-config.ts';
import { readableValue, settle, type Flight, type HomeState, type Step, type StoredValue } from '../home-state.ts';
import type { LeaseClass } from '../port.ts';
import { areFactsNewer, isEstimateNewer, renewHalf, type EstimateHalf } from './join.ts';
import { dropLeaseOf } from './lease.ts';
import { hardTtlMsOf, softTtlMsOf, type FillTtls } from './lifetime.ts';
import { isTicketGood } from './ticket.ts';

export interface FillCommand {
  readonly class: LeaseClass;
  readonly ticket: Pick<Ticket, 'epoch' | 'nonce' | 'acquiredAt'>;
  readonly facts: Facts;
  /** The estimate was not asked for; its version and its bytes are null. */
  readonly isFactsOnly: boolean;
  /** null for a fetched `none`. */
  readonly estimateVersion: number | null;
  readonly estimateJson: string | null;
  readonly ttls: FillTtls;
}

export type FillStepAnswer =
  | { readonly outcome: 'ok' | 'older'; readonly stored: StoredValue }
  | { readonly outcome: 'behind' | 'epoch' | 'below' };

/** A fetched `none` drawn in the very millisecond in which the fence rose may have been read before it: refused as well. */
function isBelowFence(flight: Flight | null, command: FillCommand): boolean {
  if (flight === null || command.isFactsOnly) return false; // an estimate that is not there is not too old
  if (command.estimateVersion === null) return command.ticket.acquiredAt <= flight.estimateFenceRoseAt;
  return command.estimateVersion < flight.estimateFence;
}

/** EPOCH first: BEHIND asks for newer facts under the same ticket, which a ticket of another epoch could not fill either. */
function refusalOf(flight: Flight | null, command: FillCommand, now: number) {
  if (!isTicketGood(flight, command.ticket, now)) return 'epoch';
  if (flight !== null && command.facts.visibilityVersion < flight.factsFence) return 'behind';
  return isBelowFence(flight, command) ? 'below' : null;
}

/** Facts alone live as long as an estimate would: what ends their use is their check, or a change. */
const isNone = ({ isFactsOnly, estimateJson }: Pick<StoredValue, 'isFactsOnly' | 'estimateJson'>): boolean =>
  !isFactsOnly && estimateJson === null;

function withLifetimes(
  halves: Omit<StoredValue, 'softExpiryAt' | 'hardExpiryAt'>,
  command: FillCommand,
  config: CacheConfig,
): StoredValue {
  const hardTtlMs = hardTtlMsOf({ isNone: isNone(halves), status: halves.facts.status }, command.ttls);
  const softExpiryAt = halves.acquiredAt + softTtlMsOf(hardTtlMs, config.softPercent);
  return { ...halves, softExpiryAt, hardExpiryAt: halves.acquiredAt + hardTtlMs };
}

/** Facts and estimate each keep what is newer. null: nothing of the fill is newer or later than what is stored. */
function joinFill(stored: StoredValue | null, command: FillCommand, config: CacheConfig): StoredValue | null {
  const filled: EstimateHalf = {
    isFactsOnly: command.isFactsOnly,
    estimateVersion: command.estimateVersion,
    acquiredAt: command.ticket.acquiredAt,
    estimateJson: command.estimateJson,
  };
  const takesFacts = stored === null || areFactsNewer(command.facts, stored.facts);
  const takesEstimate = stored === null || isEstimateNewer(filled, stored);
  if (!takesFacts && !takesEstimate) return null;
  const facts = takesFacts ? command.facts : stored.facts;
  const half = stored === null ? filled : takesEstimate ? renewHalf(filled, stored) : stored;
  const { isFactsOnly, estimateVersion, acquiredAt, estimateJson } = half;
  const halves = { class: command.class, facts, isFactsOnly, estimateVersion, acquiredAt, estimateJson };
  return withLifetimes(halves, command, config);
}

/** FILL: every outcome gives this nonce's lease back; `ok` and `older` answer with what is stored afterwards. */
export function fill(before: HomeState, command: FillCommand, now: number, config: CacheConfig): Step<FillStepAnswer> {
  const settled = settle(before, now);
  const flight = settled.flight && dropLeaseOf(settled.flight, command.ticket.nonce);
  const state = { ...settled, flight };
  const refusal = refusalOf(flight, command, now);
  if (refusal !== null) return { state, answer: { outcome: refusal } };

  const stored = readableValue(state);
  const joined = joinFill(stored, command, config);
  if (joined === null && stored !== null) return { state, answer: { outcome: 'older', stored } };
  // The stored estimate was newer than the fetched one, and has ended under the status that is now known:
  // neither may be kept, the older one because halves never go back.
  if (joined === null || joined.hardExpiryAt <= now) {
    return { state: { ...state, value: null }, answer: { outcome: 'below' } };
  }
  return { state: { ...state, value: joined }, answer: { outcome: 'ok', stored: joined } };
}
