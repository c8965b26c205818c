/** Whether a call may pass; if not, in how many whole seconds the next one may. */
export type Admission = { admitted: true } | { admitted: false; retryAfterS: number };

/**
 * A token bucket: `ratePerS` calls a second on average, `burst` at once.
 *
 * @param ratePerS 0 lets everything through
 * @param nowMs    read at each call; a clock that goes back adds nothing
 */
export function createTokenBucket(limits: { ratePerS: number; burst: number }, nowMs: () => number): () => Admission {
  const { ratePerS, burst } = limits;
  if (ratePerS === 0) return () => ({ admitted: true });
  let tokens = burst;
  let filledAt = nowMs();
  return () => {
    const now = nowMs();
    tokens = Math.min(burst, tokens + (Math.max(0, now - filledAt) / 1_000) * ratePerS);
    filledAt = Math.max(filledAt, now);
    if (tokens >= 1) {
      tokens -= 1;
      return { admitted: true };
    }
    return { admitted: false, retryAfterS: Math.max(1, Math.ceil((1 - tokens) / ratePerS)) };
  };
}
