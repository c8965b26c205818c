import { RETRY_AFTER_DEFAULT_MS, RETRY_AFTER_MAX_MS } from './limits.ts';

/**
 * How long a 429 or a 503 asks us to pause.
 *
 * @param header the value of Retry-After: whole seconds (design.md section 5), or the date that a gateway in between may write
 *   instead (RFC 9110); anything else counts as not given
 * @returns milliseconds, 1,000..60,000; at least a second, because an answer of 0 would mean a storm
 */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number {
  const askedForMs = header === undefined ? NaN : asMs(header.trim(), nowMs);
  if (Number.isNaN(askedForMs)) return RETRY_AFTER_DEFAULT_MS;
  return Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_DEFAULT_MS, askedForMs));
}

/** @returns NaN for what is neither seconds nor a date as HTTP writes it */
function asMs(header: string, nowMs: number): number {
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  return /^[A-Z][a-z]{2}, .* GMT$/.test(header) ? Date.parse(header) - nowMs : NaN;
}
