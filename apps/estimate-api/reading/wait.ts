import { delay, type Clock } from '@porchlight/stream';
import type { Role } from '@porchlight/visibility';
import type { Acquire } from './acquire.ts';
import type { Flight, Flights } from './flights.ts';
import { waitPollMs } from './limits.ts';
import { PENDING } from './outcome.ts';
import type { Win } from './pay.ts';
import type { ReadFilled } from './read-filled.ts';

/** A home that somebody else fetches, and the nonce that it is asked for with again. */
export interface Waiting {
  readonly flight: Flight;
  readonly nonce: string;
}

export interface WaitParts {
  readonly clock: Clock;
  readonly flights: Pick<Flights, 'open'>;
  readonly acquire: Acquire;
  readonly readFilled: ReadFilled;
  readonly payFor: (wins: readonly Win[], role: Role) => void;
}

/**
 * WAIT: asks again until each home is filled, its lease has ended (then it is ours to pay for), or nobody waits any more.
 * Ends when all flights have landed.
 */
export function createWait({ clock, flights, acquire, readFilled, payFor }: WaitParts) {
  /** Those whose lease has ended are ours: what the new flight brings is the answer of all who wait here. */
  const takeOver = (won: readonly (Waiting & Omit<Win, 'flight'>)[], role: Role): Promise<void>[] => {
    const wins = won.map(({ flight, ticket, factsFence }): Win => {
      // Under its own epoch, which may be a later one: its ticket was drawn after everybody here had asked.
      const own = flights.open(flight.propertyId, ticket.epoch);
      own.whenLearnt((facts) => flight.learn(facts));
      return { flight: own, ticket, factsFence };
    });
    payFor(wins, role);
    return won.map(async ({ flight }, at) => flight.land((await wins[at]?.flight.landed) ?? PENDING));
  };
  /** @returns the flights that were taken over, until they land */
  const lookAgain = async (
    waiting: readonly Waiting[],
    role: Role,
  ): Promise<{ won: Waiting[]; landed: Promise<void>[] }> => {
    const homes = waiting.map(({ flight: { propertyId }, nonce }) => ({ propertyId, nonce }));
    const acquired = await acquire(homes);
    if (acquired === null) {
      for (const { flight } of waiting) flight.land(PENDING);
      return { won: [], landed: [] };
    }
    const answers = new Map(acquired.map(({ propertyId, answer }) => [propertyId, answer]));
    for (const { flight } of waiting) if (!answers.has(flight.propertyId)) flight.land(PENDING);
    const won = waiting.flatMap((each) => {
      const answer = answers.get(each.flight.propertyId);
      return answer?.outcome === 'win' ? [{ ...each, ticket: answer.ticket, factsFence: answer.factsFence }] : [];
    });
    const landed = takeOver(won, role);
    const hits = waiting.filter(({ flight }) => answers.get(flight.propertyId)?.outcome === 'hit');
    const found = await readFilled(
      hits.map(({ flight }) => flight.propertyId),
      'miss',
    );
    for (const { flight } of hits) {
      const outcome = found.get(flight.propertyId);
      if (outcome !== undefined) flight.land(outcome);
    }
    return { won, landed };
  };
  return async (waits: readonly Waiting[], role: Role): Promise<void> => {
    const takenOver: Promise<void>[] = [];
    let waiting = [...waits];
    for (let attempt = 0; waiting.length > 0; attempt += 1) {
      await delay(clock, waitPollMs(attempt));
      for (const { flight } of waiting) if (flight.wantedUntilAt() < clock.now()) flight.land(PENDING);
      waiting = waiting.filter(({ flight }) => !flight.isLanded());
      if (waiting.length === 0) break;
      const { won, landed } = await lookAgain(waiting, role);
      takenOver.push(...landed);
      const taken = new Set(won.map(({ nonce }) => nonce)); // a nonce wins its own lease again: never ask twice
      waiting = waiting.filter(({ flight, nonce }) => !flight.isLanded() && !taken.has(nonce));
    }
    await Promise.all(takenOver);
  };
}
