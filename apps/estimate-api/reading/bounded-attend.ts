import type { Attend } from './attend.ts';
import { PENDING } from './outcome.ts';

/**
 * Lets so many wait at once: many who wait for one home are one flight, and still each of them holds memory until it lands. Counted
 * is each home for each who asks; what comes above is `pending` at once, and costs nobody anything.
 */
export function boundedAttend(attend: Attend, waitersMax: number): Attend {
  let waiting = 0;
  return async (propertyIds, asker) => {
    const room = Math.max(0, waitersMax - waiting);
    for (const propertyId of propertyIds.slice(room)) asker.tell(propertyId, PENDING);
    const taken = propertyIds.slice(0, room);
    if (taken.length === 0) return;
    waiting += taken.length;
    try {
      await attend(taken, asker);
    } finally {
      waiting -= taken.length;
    }
  };
}
