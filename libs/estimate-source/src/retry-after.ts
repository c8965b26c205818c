import { RETRY_AFTER_DEFAULT_MS, RETRY_AFTER_MAX_MS } from './limits.ts';

/**
 * How long a 429 asks us to pause.
 *
 * @param header the value of Retry-After: whole seconds (design.md section 5); anything else counts as not given
 * @returns milliseconds, 1,000..60,000; at least a second, because an answer of 0 would mean a storm
 */
export function retryAfterMs(header: string | undefined): number {
  if (header === undefined || !/^\d{1,9}$/.test(header.trim())) return RETRY_AFTER_DEFAULT_MS;
  return Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_DEFAULT_MS, Number(header) * 1_000));
}
