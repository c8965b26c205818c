import type { JWTPayload } from 'jose';

/** How long a verified token is believed without looking at its signature again; a withdrawn key is believed no longer. */
export const BELIEVED_MS = 60_000;

/** About 1 kB each. */
export const TOKENS_MAX = 5_000;

/**
 * Tokens that were verified a moment ago: a signature costs a tenth of a millisecond of a thread, and a viewer's map sends the
 * same token several times a second. A token is never believed past its own expiry; refusals are never kept.
 */
export class VerifiedTokens {
  readonly #clock: { now(): number };
  readonly #kept = new Map<string, { claims: JWTPayload; untilAt: number }>();

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  get(token: string): JWTPayload | undefined {
    const kept = this.#kept.get(token);
    if (kept === undefined) return undefined;
    if (this.#clock.now() < kept.untilAt) return kept.claims;
    this.#kept.delete(token);
    return undefined;
  }

  keep(token: string, claims: JWTPayload): void {
    const { exp = 0 } = claims;
    this.#kept.set(token, { claims, untilAt: Math.min(exp * 1_000, this.#clock.now() + BELIEVED_MS) });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > TOKENS_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}
