const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const AGO = /^(\d{1,6}) ?(s|m|min|h|d)( ago)?$/;
/** A date with a time that says its zone: a time without one would mean another instant on each machine. */
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** How an instant may be written, for messages. */
export const INSTANT_FORMS = 'an ISO 8601 time with its zone (2026-11-23T09:30:00Z), a date (UTC), or "15m ago"';

/**
 * @param text `2026-11-23T09:30:00Z`, `2026-11-23` (midnight, UTC), `15m ago`, `2h`
 * @returns UTC milliseconds; undefined if it is none of these
 */
export function parseInstant(text: string, now: number): number | undefined {
  const ago = AGO.exec(text.trim());
  if (ago !== null) return now - Number(ago[1]) * (UNITS_MS[ago[2] ?? ''] ?? 0);
  if (!ISO.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
