import type { Facts } from '@porchlight/contracts';
import type { FillReply } from '../decisions/after-fill.ts';
import type { HomeState } from '../home-state.ts';
import type { Fetcher, Place, State } from './state.ts';
import { LONG_AGO } from './times.ts';

/** The highest limit that a world may have, and how many of them go into one character (8^5 < 65,536). */
export const LIMIT_MAX = 7;
const LIMITS_IN_A_CODE = 5;

/**
 * A state as a short string; two states with the same string have the same future.
 *
 * Names (epochs, nonces) are only ever compared, so they become their order of appearance; instants become their distance
 * from now; requests are alike, so their order is sorted away.
 */
class Encoder {
  readonly #codes: number[] = [];
  readonly #names: string[] = [];
  #now = 0;

  encode(state: State): string {
    this.#codes.length = 0;
    this.#names.length = 0;
    this.#now = state.now;
    this.#counters(state);
    this.#home(state.home);
    for (const fetcher of this.#sorted(state.requests)) this.#fetcher(fetcher);
    for (const fetcher of state.warmUps) this.#fetcher(fetcher);
    this.#number(state.replica === null ? 0 : 1);
    if (state.replica !== null) {
      this.#home(state.replica.home);
      this.#number(state.replica.appliedFacts);
      this.#number(state.replica.appliedEstimates);
      this.#instant(state.replica.markAt);
    }
    return String.fromCharCode(...this.#codes);
  }

  /** By what can be said of each without names. */
  #sorted(requests: readonly Fetcher[]): readonly Fetcher[] {
    if (requests.length < 2) return requests;
    const keys = new Map(requests.map((each) => [each, this.#plain(each)]));
    return requests.toSorted((a, b) => ((keys.get(a) ?? '') < (keys.get(b) ?? '') ? -1 : 1));
  }

  #plain(fetcher: Fetcher): string {
    const { length } = this.#codes;
    this.#fetcher(fetcher, false);
    return String.fromCharCode(...this.#codes.splice(length));
  }

  #counters(state: State): void {
    this.#number(state.factsVersion * 16 + state.estimateVersion);
    this.#number(state.pendingFacts);
    this.#number(state.appliedFacts);
    this.#number(state.pendingEstimates);
    this.#number(state.appliedEstimates);
    this.#number(state.acked * 16 + state.staleFloor);
    this.#number((state.isRunClaimed ? 1 : 0) + (state.isBlind ? 2 : 0));
    this.#instant(state.markAt);
    this.#instant(state.readingAt);
    this.#instant(state.forgotAt);
    this.#number(state.everAcked);
    this.#left(Object.values(state.left));
  }

  /** What is left of every limit, several in one number. */
  #left(amounts: readonly number[]): void {
    for (let first = 0; first < amounts.length; first += LIMITS_IN_A_CODE) {
      const packed = amounts.slice(first, first + LIMITS_IN_A_CODE);
      this.#number(packed.reduce((code, left) => code * (LIMIT_MAX + 1) + left, 0));
    }
  }

  #home({ value, flight }: HomeState): void {
    if (value === null || value === 'unreadable') this.#number(value === null ? 0 : 1);
    else {
      this.#number(value.class === 's' ? 2 : 3);
      this.#facts(value.facts);
      this.#number(value.estimateVersion === null ? 0 : value.estimateVersion + 1);
      this.#number(value.isFactsOnly ? 2 : value.estimateJson === null ? 0 : 1);
      this.#instant(value.acquiredAt);
      this.#instant(value.softExpiryAt);
      this.#instant(value.hardExpiryAt);
    }
    this.#number(flight === null ? 0 : 1);
    if (flight === null) return;
    this.#name(flight.epoch);
    this.#number(flight.factsFence * 16 + flight.estimateFence);
    this.#instant(flight.estimateFenceRoseAt);
    this.#instant(flight.expiresAt);
    this.#name(flight.lease?.nonce ?? '');
    if (flight.lease === null) return;
    this.#instant(flight.lease.endsAt);
    this.#number(flight.lease.class === 's' ? 0 : 1);
  }

  #facts(facts: Facts): void {
    this.#number(facts.visibilityVersion);
    this.#instant(facts.checkedAt);
  }

  #fetcher(fetcher: Fetcher, isNamed = true): void {
    this.#number(placeCodes[fetcher.at]);
    if (fetcher.at === 'idle') return;
    const { ticket, facts, fetched, attempt, isAwaited, isOpen, reply } = fetcher;
    this.#number(fetcher.floor * 16 + fetcher.floorD);
    this.#number(fetcher.fence * 16 + fetcher.cached);
    this.#number(
      attempt +
        (isAwaited ? 4 : 0) +
        (isOpen ? 8 : 0) +
        (fetcher.isLeaseLost ? 16 : 0) +
        32 * (reply === null ? 0 : replyCodes[reply]),
    );
    this.#number(fetched === undefined ? 0 : fetched === null ? 1 : fetched === 'unknown' ? 2 : fetched + 3);
    this.#instant(fetcher.seen ?? 0);
    if (isNamed) this.#name(fetcher.nonce);
    this.#number((ticket === null ? 0 : 1) + (facts === null ? 0 : 2));
    if (ticket !== null) {
      if (isNamed) this.#name(ticket.epoch);
      this.#instant(ticket.acquiredAt);
    }
    if (facts !== null) this.#facts(facts);
  }

  #number(code: number): void {
    this.#codes.push(code);
  }

  #instant(at: number): void {
    this.#codes.push(at === 0 ? 0 : Math.max(1, at - this.#now + LONG_AGO));
  }

  #name(name: string): void {
    if (name === '') return void this.#codes.push(0);
    let index = this.#names.indexOf(name);
    if (index === -1) index = this.#names.push(name) - 1;
    this.#codes.push(index + 1);
  }
}

const places: readonly Place[] = [
  'idle',
  'ask',
  'reread',
  'wait',
  'poll',
  'join',
  'facts',
  'recheck',
  'estimate',
  'fill',
  'again',
  'recover',
  'give-back',
  'land',
  'check',
  'touch',
  'remove',
];
const placeCodes = Object.fromEntries(places.map((place, code) => [place, code])) as Readonly<Record<Place, number>>;

const replyCodes: Readonly<Record<FillReply, number>> = { ok: 1, older: 2, behind: 3, epoch: 4, below: 5, failed: 6 };

/** One encoder is used again and again: a search makes millions of strings. */
export function createEncoder(): (state: State) => string {
  const encoder = new Encoder();
  return (state) => encoder.encode(state);
}
