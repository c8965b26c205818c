import { backOffMs } from '../back-off.ts';
import type { Clock } from '../clock.ts';
import type { BreakerState } from './publisher-port.ts';

interface BreakerLimits {
  readonly failuresMax: number;
  readonly openFirstMs: number;
  readonly openMostMs: number;
}

/**
 * Opens after so many failures in a row, for a time that doubles; then lets one attempt through, which closes it or opens it for longer.
 * A few lines of our own: the ring needs to ask "may I, and if not, when?" on the injected clock, which policy libraries (cockatiel, opossum)
 * that wrap the call itself do not offer.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #limits: BreakerLimits;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = 'closed';
  #failures = 0;
  #openings = 0;
  #openUntil = 0;

  constructor(clock: Clock, limits: BreakerLimits, onChange: (state: BreakerState) => void) {
    this.#clock = clock;
    this.#limits = limits;
    this.#onChange = onChange;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** @returns 0 if an attempt may be made now, else the milliseconds until one may */
  waitMs(): number {
    if (this.#state !== 'open') return 0;
    const leftMs = this.#openUntil - this.#clock.now();
    if (leftMs > 0) return leftMs;
    this.#change('half-open');
    return 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openings = 0;
    this.#change('closed');
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures < this.#limits.failuresMax) return; // only a success forgets them: a failed probe opens at once
    this.#openings += 1;
    const { openFirstMs, openMostMs } = this.#limits;
    this.#openUntil =
      this.#clock.now() +
      Math.max(openFirstMs, backOffMs({ firstMs: openFirstMs, mostMs: openMostMs }, this.#openings));
    this.#change('open');
  }

  #change(state: BreakerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
