import type { SpanName } from './span-names.ts';
import { traceCalls, type CallSpan } from './trace-calls.ts';
import type { OpenSpan, Tracing } from './tracing.ts';

const CACHE_CALLS = ['read', 'acquire', 'fill', 'release', 'invalidate', 'update', 'touch', 'recheck'];
const CATALOG_CALLS = ['factsOf', 'homesInTiles', 'densityOf'];

/** A list's length is all that is said of it. */
const sizeOf = (asked: unknown): { 'db.operation.batch.size'?: number } =>
  Array.isArray(asked) && asked.length > 1 ? { 'db.operation.batch.size': asked.length } : {};

function callsOf(
  target: object,
  names: readonly string[],
  spanOf: (operation: string) => CallSpan<SpanName>,
): Record<string, CallSpan<SpanName>> {
  return Object.fromEntries(names.filter((name) => name in target).map((name) => [name, spanOf(name)]));
}

/** An estimate cache whose calls are spans; itself while tracing is off. */
export const tracedCache = <T extends object>(tracing: Tracing, cache: T): T =>
  traceCalls<T>(
    tracing,
    cache,
    callsOf(cache, CACHE_CALLS, (operation): CallSpan<'cache.call'> => ({
      name: 'cache.call',
      attributes: (asked: unknown) => ({
        'db.system.name': 'redis',
        'db.operation.name': operation,
        ...sizeOf(asked),
      }),
    })),
  );

/** A property catalog whose calls are spans; itself while tracing is off. */
export const tracedCatalog = <T extends object>(tracing: Tracing, catalog: T): T =>
  traceCalls<T>(
    tracing,
    catalog,
    callsOf(catalog, CATALOG_CALLS, (operation): CallSpan<'database.call'> => ({
      name: 'database.call',
      attributes: (asked: unknown) => ({
        'db.system.name': 'postgresql',
        'db.operation.name': operation,
        ...sizeOf(asked),
      }),
    })),
  );

/** A paid source whose callers are spans; itself while tracing is off. */
export const tracedSource = <T extends object>(tracing: Tracing, source: T): T =>
  traceCalls<T>(tracing, source, {
    fetch: {
      name: 'upstream.wait',
      attributes: (asked: readonly string[], options?: { lane?: string }) => ({
        'porchlight.homes': asked.length,
        'porchlight.lane': options?.lane === 'background' ? 'background' : 'user',
      }),
    },
  } as object);

/** Who shares a call, for a source that merges its callers'. */
export interface MergedCalls {
  /** Asked as a caller comes. @returns what `call` gets for it */
  joins(): unknown;
  /** Runs a call that was made for those who joined. */
  call<T>(joined: readonly unknown[], homes: number, run: () => T): T;
}

/**
 * A merged call stands in the trace of its first recorded caller and is linked with the others, both ways: each trace shows what it waited for, and none
 * is taken for another.
 *
 * @returns undefined while tracing is off
 */
export function mergedCallsOf(tracing: Tracing): MergedCalls | undefined {
  if (!tracing.isOn) return undefined;
  return {
    joins: () => tracing.current(),
    call(joined, homes, run) {
      const [first, ...others] = (joined as readonly (OpenSpan | undefined)[]).filter((span) => span !== undefined);
      if (first === undefined) return run();
      return first.run(() =>
        tracing.within('upstream.call', { 'porchlight.homes': homes, 'porchlight.callers': joined.length }, () => {
          const call = tracing.current();
          for (const other of others) {
            call?.link(other.traceparent);
            other.link(call?.traceparent ?? '');
          }
          return run();
        }),
      );
    },
  };
}
