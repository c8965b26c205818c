import { types } from 'node:util';
import type { ReadingLog } from './reading/index.ts';

const DEPTH_MAX = 4;

/** Also one from another realm, as Node's own errors are inside a test's sandbox. */
const isError = (thing: unknown): thing is Error => thing instanceof Error || types.isNativeError(thing);

const masked = (text: string): string => text.replace(/\d/g, '#');

/** The frames below the words: where it was thrown. Without words nobody can tell where they begin. */
function framesOf({ stack = '', message }: Error): string {
  const at = message === '' ? -1 : stack.indexOf(message);
  if (at >= 0) return stack.slice(at + message.length);
  return message === '' ? stack.slice(stack.indexOf('\n') + 1) : '';
}

/**
 * A bug's error as it may be logged. Its words are not ours: V8 quotes the text that is no JSON, Node the number that is out of
 * range, Redis the arguments of a command that it does not know, and any of them may be a value that a rule hides. So every digit
 * of its words, and of those of its causes, is masked; its name, its code and its frames stay.
 */
export function withoutDigits(error: unknown, depth = 0): unknown {
  if (!isError(error)) return new Error('something was thrown that is no error');
  const { name, message, cause } = error;
  const { code, fate } = error as { code?: unknown; fate?: unknown };
  const copy = new Error(masked(message));
  const known = { name, code, fate, stack: `${name}: ${copy.message}${framesOf(error)}` };
  for (const [field, value] of Object.entries(known)) {
    if (value !== undefined) Object.defineProperty(copy, field, { value, configurable: true });
  }
  if (cause !== undefined && depth < DEPTH_MAX) copy.cause = withoutDigits(cause, depth + 1);
  return copy;
}

/** Tells of a bug in the read path; its homes are pending, and everything else is still answered. */
export const tellUnplanned =
  (log: Pick<ReadingLog, 'error'>) =>
  (error: unknown): void =>
    log.error({ code: 'UNPLANNED', error: withoutDigits(error) }, 'the read path failed in an unplanned way');
