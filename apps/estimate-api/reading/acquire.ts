import { partialAnswers, type AcquireAnswer, type AcquireRequest } from '@porchlight/estimate-cache';
import type { ReadingPorts } from './ports.ts';

export interface Acquired {
  readonly propertyId: string;
  readonly nonce: string;
  readonly answer: AcquireAnswer;
}

/** ACQUIRE for users. @returns without the homes of a node of Redis that does not answer; null when none does */
export type Acquire = (homes: readonly AcquireRequest[]) => Promise<Acquired[] | null>;

export function createAcquire({ cache, meter }: Pick<ReadingPorts, 'cache' | 'meter'>): Acquire {
  return async (homes) => {
    const answers = await partialAnswers(cache.acquire(homes, 's')).catch(() => null);
    if (answers === null) {
      meter.leased('failed', homes.length);
      return null;
    }
    return homes.flatMap(({ propertyId, nonce }, at) => {
      const answer = answers[at] ?? null;
      if (answer === null) {
        meter.leased('failed', 1);
        return [];
      }
      meter.leased(answer.outcome, 1);
      return [{ propertyId, nonce, answer }];
    });
  };
}
