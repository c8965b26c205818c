import { types } from 'node:util';
import { redactText } from './redact.ts';

/** What a log says of an error. Nothing else of it is printed: other fields may hold a row, a payload, a request. */
export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly fate?: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
  readonly errors?: readonly DescribedError[];
}

const CAUSES_MAX = 4;
const ERRORS_MAX = 5;

/** Also one from another realm, as Node's own errors are inside a test's sandbox. */
export const isError = (thing: unknown): thing is Error => thing instanceof Error || types.isNativeError(thing);

const textOf = (error: object, field: string): string | undefined => {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};

/** Code, fate, message and stack of anything that was thrown, with its causes; without secrets. */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!isError(error)) return { name: typeof error, message: 'something was thrown that is no error' };
  const code = textOf(error, 'code');
  const fate = textOf(error, 'fate');
  return {
    name: error.name,
    message: redactText(error.message),
    ...(code === undefined ? {} : { code }),
    ...(fate === undefined ? {} : { fate }),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined || depth >= CAUSES_MAX ? {} : { cause: describeError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && depth < CAUSES_MAX
      ? { errors: error.errors.slice(0, ERRORS_MAX).map((each: unknown) => describeError(each, depth + 1)) }
      : {}),
  };
}
