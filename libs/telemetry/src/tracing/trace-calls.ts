import type { SpanAttributes, SpanName } from './span-names.ts';
import type { Tracing } from './tracing.ts';

/** The span of one method: its name and what it says of the arguments. Asked only where a trace is recorded. */
export interface CallSpan<N extends SpanName> {
  readonly name: N;
  readonly attributes: (...args: never[]) => SpanAttributes<N>;
}

type Methods<T> = { readonly [K in keyof T]?: CallSpan<SpanName> };

/**
 * An object whose named methods are spans below the one that they are called under. Everything else of it is as it was.
 *
 * @returns `target` itself while tracing is off: then it costs nothing
 * @throws {TypeError} for a frozen target: a proxy may say nothing else of it than it does
 */
export function traceCalls<T extends object>(tracing: Tracing, target: T, methods: Methods<T>): T {
  if (!tracing.isOn) return target;
  if (Object.isFrozen(target)) throw new TypeError('the calls of a frozen object cannot be traced');
  const traced = new Map<PropertyKey, unknown>();
  for (const [key, span] of Object.entries(methods) as [keyof T & string, CallSpan<SpanName>][]) {
    const method = target[key] as (...args: unknown[]) => unknown;
    traced.set(key, (...args: unknown[]) => {
      if (tracing.current() === undefined) return method.apply(target, args);
      return tracing.within(span.name, span.attributes(...(args as never[])), () => method.apply(target, args));
    });
  }
  const bound = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    // Methods run on the target itself: one that is a class may have private fields.
    get(of, key) {
      const known = traced.get(key) ?? bound.get(key);
      if (known !== undefined) return known;
      const value: unknown = Reflect.get(of, key, of);
      if (typeof value !== 'function') return value;
      const method = value.bind(of) as unknown;
      bound.set(key, method);
      return method;
    },
  });
}
