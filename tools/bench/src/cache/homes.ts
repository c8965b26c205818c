import type { Estimate, Facts, Ticket } from '@porchlight/contracts';
import { keysOf, randomNonce, type EstimateCache } from '@porchlight/estimate-cache';

/** The generation of the bench's keys; the servers are its own. */
export const KEY_GENERATION = 'bench';
/** As many as a call of the cache takes at once here. */
const BATCH_MAX = 500;

/** The id of a home as the city's are: short and with a number. */
export const idAt = (index: number): string => `kc-${String(index).padStart(7, '0')}`;

/** A string without parts, as one that was read from a request is: a sum of strings would be put together while it is measured. */
const flat = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
export const valueKeyAt = (propertyId: string): string => flat(keysOf(propertyId, KEY_GENERATION).value);
export const flightKeyAt = (propertyId: string): string => flat(keysOf(propertyId, KEY_GENERATION).flight);

export const factsOf = (visibilityVersion: number): Facts => ({
  visibilityVersion,
  status: 'off_market',
  mlsId: 'nwmls',
  overrideLevel: null,
  checkedAt: Date.now(),
});
export const estimate: Estimate = {
  estimateVersion: 12,
  valueUsd: 812_345,
  lowUsd: 741_234,
  highUsd: 893_456,
  computedAt: 1_764_000_000_000,
};

/** Tickets for homes that nobody holds, one pipeline. @throws if one of them is not won */
export async function ticketsFor(cache: EstimateCache, propertyIds: readonly string[]): Promise<Ticket[]> {
  const answers = await cache.acquire(
    propertyIds.map((propertyId) => ({ propertyId, nonce: randomNonce() })),
    's',
  );
  return answers.map((answer) => {
    if (answer.outcome !== 'win') throw new Error(`a home of the bench is held: ${answer.outcome}`);
    return answer.ticket;
  });
}

export const fillOf = (propertyId: string, ticket: Ticket, version: number) =>
  ({ propertyId, class: 's', ticket, facts: factsOf(version), estimate }) as const;

/** Fills homes through the protocol, as users' misses would. @throws if one of them is refused */
export async function fillHomes(cache: EstimateCache, propertyIds: readonly string[], version: number): Promise<void> {
  for (let at = 0; at < propertyIds.length; at += BATCH_MAX) {
    const part = propertyIds.slice(at, at + BATCH_MAX);
    const tickets = await ticketsFor(cache, part);
    const answers = await cache.fill(
      part.flatMap((id, i) => {
        const ticket = tickets[i];
        return ticket === undefined ? [] : [fillOf(id, ticket, version)];
      }),
    );
    if (answers.some(({ outcome }) => outcome !== 'ok')) throw new Error('a fill of the bench was refused');
  }
}
