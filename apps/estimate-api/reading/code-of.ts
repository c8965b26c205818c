/** @returns the stable code of an error on purpose; `UNPLANNED` for any other */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : 'UNPLANNED';
}
