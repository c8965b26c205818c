const CODE = /^[A-Z][A-Z0-9_]{1,59}$/;
/** A code that an object carries may also be a problem's, as estimate-api spells them. */
const CARRIED_CODE = /^[A-Za-z][A-Za-z0-9_-]{1,59}$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** @returns the stable code of what was thrown; `UNPLANNED` for what has none. Never its message: that may say anything. */
export function errorTypeOf(thrown: unknown): string {
  if (typeof thrown === 'string') return CODE.test(thrown) ? thrown : 'UNPLANNED';
  const code = codeIn(thrown);
  return typeof code === 'string' && (CARRIED_CODE.test(code) || SQLSTATE.test(code)) ? code : 'UNPLANNED';
}

/** A look at what was thrown may throw too, and must not take its place. */
function codeIn(thrown: unknown): unknown {
  try {
    return (thrown as { code?: unknown } | null | undefined)?.code;
  } catch {
    return undefined;
  }
}
