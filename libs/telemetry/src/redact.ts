import { types } from 'node:util';

/** What stands where a secret or a hidden value was. */
export const REDACTED = '[redacted]';

/** Keys whose values never reach a log: secrets, who is looking, and the figures that a rule may hide. */
const SECRET_KEY =
  /passw(or)?d|secret|token|authorization|cookie|api[-_]?key|credential|private[-_]?key|session[-_]?(id|key)|viewer[-_]?id|(value|low|high)usd/i;

const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]*@/gi;
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+/gi;

const DEPTH_MAX = 6;
const ITEMS_MAX = 50;

/** @returns the text without user names and passwords of URLs, and without bearer tokens */
export const redactText = (text: string): string =>
  text.replace(USER_INFO, `$1${REDACTED}@`).replace(BEARER, `$1 ${REDACTED}`);

/**
 * A copy that may be logged: secrets replaced, depth and lengths bounded. Errors are left to the caller's `describe`.
 *
 * @param describe turns an error into plain fields
 */
export function redact(value: unknown, describe: (error: Error) => unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error || types.isNativeError(value)) return describe(value);
  if (value instanceof Date) return value.toJSON();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redact(item, describe, depth + 1));
  const entries =
    value instanceof Map ? [...value.entries()].map(([k, v]) => [String(k), v] as const) : Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, isSecret(key, item) ? REDACTED : redact(item, describe, depth + 1)]),
  );
}

/** A key that sounds secret may still hold a count or a flag, as `tokens: 3` does: those say nothing. */
const isSecret = (key: string, value: unknown): boolean => {
  if (!SECRET_KEY.test(key) || value === null || value === undefined || typeof value === 'boolean') return false;
  return typeof value !== 'number' || /usd$/i.test(key);
};
