/** What fetch rejects with, looked at rather than asked for by class: a test runner's errors come from another realm. */
interface Thrown {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly cause?: { readonly code?: unknown };
}

/** @returns why a fetch failed, in a word: the system's code (`ECONNREFUSED`), or what the error says of itself; never the address */
export function whyNotFetched(error: unknown): string {
  const { name, message, cause } = (error ?? {}) as Thrown;
  if (typeof cause?.code === 'string') return cause.code;
  if (name === 'TimeoutError') return 'no answer in time';
  return typeof message === 'string' ? message : 'unknown';
}
