import { CacheUnavailable } from '../../errors.ts';
import { partialAnswers } from '../../partial-answers.ts';
import type { RedisTransport, ScriptCall, ScriptReply } from './redis-transport.ts';

/**
 * How many buckets are asked in one pipeline. Redis runs a pipeline at a stretch while nobody else is heard: 128 scripts at once held up
 * each hit of each estimate-api for milliseconds, once a second from every process, and their replies were one lump to read.
 */
export const BUCKETS_AT_ONCE = 16;

/** A round that has taken so long asks for all that is left at once: where a trip takes half a second, eight in turn would outlast the marks' own poll. */
export const SLICED_MS_MAX = 250;

type Transport = Pick<RedisTransport, 'run'>;

/** What was answered, and what went wrong otherwise than by a node that is away. */
interface Slice<T> {
  readonly answers: readonly (T | null)[];
  readonly fault: unknown;
}

/** A mark that cannot be reached, or is answered nonsense, hinders no other. */
async function askSlice<T>(
  transport: Transport,
  calls: readonly ScriptCall[],
  answerOf: (reply: ScriptReply) => T,
): Promise<Slice<T>> {
  try {
    const replies = await partialAnswers(transport.run(calls));
    return { answers: replies.map((reply) => reply && answerOf(reply)), fault: null };
  } catch (error) {
    return { answers: calls.map(() => null), fault: error instanceof CacheUnavailable ? null : error };
  }
}

/**
 * What each call is answered, in their order; each few are read in the turn in which they come. Null where nobody answers: then those that are left wait
 * for their time-out together, not one after another; and where nobody answers the first few, the others are not sent, for they would only pile up.
 *
 * @param now  milliseconds that never go back
 * @throws {CacheFault} for an answer that is none, when all others have been asked
 */
export async function answersInSlices<T>(
  transport: Transport,
  calls: readonly ScriptCall[],
  answerOf: (reply: ScriptReply) => T,
  now: () => number = () => performance.now(),
): Promise<(T | null)[]> {
  const answers: (T | null)[] = [];
  const slicedUntil = now() + SLICED_MS_MAX;
  let fault: unknown = null;
  let atOnce = BUCKETS_AT_ONCE;
  while (answers.length < calls.length) {
    const isFirst = answers.length === 0;
    const slice = await askSlice(transport, calls.slice(answers.length, answers.length + atOnce), answerOf);
    answers.push(...slice.answers);
    fault ??= slice.fault;
    const isAway = slice.fault === null && slice.answers.includes(null);
    if (isFirst && isAway && slice.answers.every((answer) => answer === null)) break;
    if (isAway || now() >= slicedUntil) atOnce = calls.length;
  }
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is what was thrown
  if (fault !== null) throw fault;
  return calls.map((_, at) => answers[at] ?? null);
}
