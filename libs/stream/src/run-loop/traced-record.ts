import type { RawRecord } from '../port.ts';
import type { StreamTracing } from '../tracing.ts';
import type { MaybePromise } from './maybe-promise.ts';

/** @returns what `settle` returns; without tracing nothing is done beside it */
export function tracedRecord<T>(
  tracing: StreamTracing | undefined,
  raw: RawRecord,
  settle: () => MaybePromise<T>,
): MaybePromise<T> {
  if (tracing === undefined) return settle();
  return tracing.process(raw, raw.headers['traceparent']?.toString('latin1'), settle);
}
