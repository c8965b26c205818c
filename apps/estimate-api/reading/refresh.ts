import { paysForRefresh } from '@porchlight/estimate-cache';
import type { Role } from '@porchlight/visibility';
import { createAcquire } from './acquire.ts';
import { createBackground } from './background.ts';
import { createFlight } from './flights.ts';
import type { Ongoing } from './ongoing.ts';
import { createPayer, type Win } from './pay.ts';
import type { ReadingPorts } from './ports.ts';

/** A home that was served softly expired to somebody who may see it. */
export interface SoftExpired {
  readonly propertyId: string;
  readonly seenSoftExpiryAt: number;
  /** Who saw it: a viewer who may not see a value never causes a paid call. */
  readonly role: Role;
}

/** Refreshes softly expired values behind the answer's back: one caller in the fleet, by ACQUIRE with the expiry seen. */
export function createRefresher(
  ports: ReadingPorts,
  track: Ongoing['track'],
): { take(homes: readonly SoftExpired[]): void } {
  const acquire = createAcquire(ports);
  // Nobody waits for it: users go first, and leave it what there is of the budget.
  const source: ReadingPorts['source'] = {
    fetch: (ids, options) => ports.source.fetch(ids, { ...options, lane: 'background' }),
  };
  const pay = createPayer({ ...ports, source });
  const run = async (homes: readonly SoftExpired[]): Promise<void> => {
    // What is served is good for a while: no lease and no facts are asked for in vain while upstream is left alone.
    if (ports.refusesBackground()) return;
    const requests = homes.map(({ propertyId, seenSoftExpiryAt }) => ({
      propertyId,
      seenSoftExpiryAt,
      nonce: ports.newNonce(),
    }));
    const acquired = (await acquire(requests)) ?? [];
    const wins = acquired.flatMap(({ propertyId, answer }): Win[] => {
      if (answer.outcome === 'hit' || !paysForRefresh(answer.outcome)) return [];
      return [{ flight: createFlight(propertyId), ticket: answer.ticket, factsFence: answer.factsFence }];
    });
    const role = homes[0]?.role;
    if (role !== undefined) await pay(wins, role);
  };
  return createBackground(run, { homesMax: ports.limits.backgroundHomesMax, track });
}
