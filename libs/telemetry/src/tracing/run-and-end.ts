import type { OpenSpan } from './tracing.ts';

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';

/**
 * Runs the call under the span, and ends the span with it.
 *
 * @returns what the call gave; of a promise the one behind it, so that nobody but the caller handles what it rejects with
 */
export function runAndEnd<T>(span: OpenSpan, call: () => T): T {
  try {
    const result = span.run(call);
    if (isPromise(result)) return endBehind(span, result) as T;
    span.end();
    return result;
  } catch (error) {
    span.end(error ?? 'UNPLANNED');
    throw error;
  }
}

async function endBehind<T>(span: OpenSpan, result: PromiseLike<T>): Promise<T> {
  try {
    const value = await result;
    span.end();
    return value;
  } catch (error) {
    span.end(error ?? 'UNPLANNED');
    throw error;
  }
}
