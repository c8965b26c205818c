import type { AcquireAnswer, AcquireRequest } from '@porchlight/estimate-cache';
import type { ReadingPorts } from './ports.ts';

export interface Acquired {
  readonly propertyId: string;
  readonly nonce: string;
  readonly answer: AcquireAnswer;
}

/** ACQUIRE for users. @returns null when Redis does not answer */
export type Acquire = (homes: readonly AcquireRequest[]) => Promise<Acquired[] | null>;

export function createAcquire({ cache, meter }: Pick<ReadingPorts, 'cache' | 'meter'>): Acquire {
  return async (homes) => {
    const answers = await cache.acquire(homes, 's').catch(() => null);
    if (answers === null) {
      meter.leased('failed', homes.length);
      return null;
    }
    return homes.flatMap(({ propertyId, nonce }, at) => {
      const answer = answers[at];
      if (answer === undefined) return [];
      meter.leased(answer.outcome, 1);
      return [{ propertyId, nonce, answer }];
    });
  };
}
