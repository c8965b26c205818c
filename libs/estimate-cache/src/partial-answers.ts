import { CachePartlyUnavailable } from './errors.ts';

/**
 * The answers of a batch also where a part of Redis does not answer: one lost node must not cost the homes of the others.
 *
 * @param batch  what any method of the cache (or `run` of a transport) returned
 * @returns      in the order asked; null for what was not answered: for those, and for nobody else, Redis is down
 * @throws {CacheUnavailable} if nothing was answered
 */
export async function partialAnswers<T>(batch: Promise<readonly T[]>): Promise<readonly (T | null)[]> {
  try {
    return await batch;
  } catch (error) {
    if (error instanceof CachePartlyUnavailable) return error.answers as readonly (T | null)[];
    throw error;
  }
}

/**
 * Maps the reply of each request; where a part is missing, the error carries those that came, mapped as well.
 *
 * @throws what the batch throws
 */
export async function mapAnswers<Q, R, T>(
  requests: readonly Q[],
  batch: Promise<readonly R[]>,
  map: (request: Q, reply: R | undefined) => T,
): Promise<T[]> {
  try {
    const replies = await batch;
    return requests.map((request, at) => map(request, replies[at]));
  } catch (error) {
    if (!(error instanceof CachePartlyUnavailable)) throw error;
    const { answers, first } = error;
    const mapped = requests.map((request, at) => (answers[at] === null ? null : map(request, answers[at] as R)));
    throw new CachePartlyUnavailable(mapped, first);
  }
}
