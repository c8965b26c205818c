import { CacheUnavailable } from './errors.ts';
import { BUCKETS, bucketOf } from './keys.ts';
import { partialAnswers } from './partial-answers.ts';
import type { EstimateCache, FillRequest } from './port.ts';

/** What was learnt of the other nodes is used again for so long. */
const LOOK_KEPT_MS = 1_000;

/** @see partialAnswers, which is one; `asked` is how many answers there should be. @throws {CacheUnavailable} if all of Redis is away */
export type AnswersOf = <T>(batch: Promise<readonly T[]>, asked: number) => Promise<readonly (T | null)[]>;

/** An id in each bucket, so that every node that serves any home is asked. */
function oneOfEachBucket(): string[] {
  const found = new Map<number, string>();
  for (let n = 0; found.size < BUCKETS; n += 1) {
    const id = `bucket-probe-${n}`;
    if (!found.has(bucketOf(id))) found.set(bucketOf(id), id);
  }
  return [...found.values()];
}

/**
 * The answers of a batch where a part of Redis is away, also if all homes of the batch are of that part: a record whose few homes lie on a lost node
 * looks like a Redis that is down, and would hold up the homes of all other nodes behind it. So the others are asked: if any of them answers, only
 * these homes are unanswered (null).
 *
 * For a Redis of several nodes; with one there are no others, and `partialAnswers` is enough.
 *
 * @param now  milliseconds that only go forward
 */
export const reachedAnswersOver = (
  cache: Pick<EstimateCache, 'read'>,
  now: () => number = () => performance.now(),
): AnswersOf => answersOver((probes) => cache.read(probes), now);

/**
 * The same for batches that take memory (ACQUIRE, FILL): nodes that are full refuse those and answer reads. If all of them are, that is a Redis that
 * is down for such a batch, and not one node that is away. Asked is a FILL under a ticket that nobody has drawn: it writes nothing.
 */
export const storedAnswersOver = (
  cache: Pick<EstimateCache, 'fill'>,
  now: () => number = () => performance.now(),
): AnswersOf => answersOver((probes) => partialAnswers(cache.fill(probes.map(voidFillOf))), now);

/** Of before anybody remembers. */
const LONG_AGO = 1;

const voidFillOf = (propertyId: string): FillRequest => ({
  propertyId,
  class: 'w',
  ticket: { epoch: 'a-probe', nonce: 'a-probe', acquiredAt: LONG_AGO, seenSoftExpiryAt: null },
  facts: { visibilityVersion: 1, status: 'off_market', mlsId: null, overrideLevel: null, checkedAt: LONG_AGO },
  estimate: null,
});

function answersOver(probe: (propertyIds: readonly string[]) => Promise<unknown>, now: () => number): AnswersOf {
  const probes = oneOfEachBucket();
  let look: { readonly at: number; readonly isAnswered: Promise<boolean> } | undefined;
  const ask = (): Promise<boolean> =>
    probe(probes).then(
      () => true,
      (error: unknown) => {
        if (error instanceof CacheUnavailable) return false;
        throw error;
      },
    );
  const doOthersAnswer = (): Promise<boolean> => {
    if (look === undefined || now() - look.at >= LOOK_KEPT_MS) look = { at: now(), isAnswered: ask() };
    return look.isAnswered;
  };
  return async <T>(batch: Promise<readonly T[]>, asked: number) => {
    try {
      return await partialAnswers(batch);
    } catch (error) {
      if (!(error instanceof CacheUnavailable) || !(await doOthersAnswer())) throw error;
      return Array.from({ length: asked }, (): T | null => null);
    }
  };
}
