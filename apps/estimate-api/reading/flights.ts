import type { Facts } from '@porchlight/contracts';
import { flightKeyOf } from '@porchlight/estimate-cache';
import type { Asker } from './asker.ts';
import { PENDING, type Landing } from './outcome.ts';

/** One fetch, or one wait for somebody else's, of one home under one epoch; shared by everybody in this process. */
export interface Flight {
  readonly propertyId: string;
  readonly landed: Promise<Landing>;
  /** Notes that somebody waits for it, until their deadline: which may come sooner than they said. */
  wait(asker: Pick<Asker, 'deadlineAt'>): void;
  /** The latest deadline of those who wait; UTC milliseconds. A wait that nobody waits for any more ends. */
  wantedUntilAt(): number;
  /** Tells those aboard the facts that were read for this flight, and whoever boards later. */
  learn(facts: Facts): void;
  /** Calls `tell` with each facts learnt, at once if there are any; no more after the landing. */
  whenLearnt(tell: (facts: Facts) => void): void;
  /** Ends the flight: nobody joins it any more, and all who did are told. Once; what comes later is ignored. */
  land(landing: Landing): void;
  isLanded(): boolean;
}

export interface Flights {
  /** The open flight of this home under this epoch. Never by the home alone: an older epoch may carry older facts. */
  find(propertyId: string, epoch: string): Flight | undefined;
  open(propertyId: string, epoch: string): Flight;
  readonly size: () => number;
}

export function createFlights(): Flights {
  const open = new Map<string, Flight>();
  return {
    size: () => open.size,
    find: (propertyId, epoch) => open.get(flightKeyOf(propertyId, epoch)),
    open(propertyId, epoch) {
      const key = flightKeyOf(propertyId, epoch);
      const flight = createFlight(propertyId, () => {
        // A later flight may have taken the place: a lease that lapsed was won again.
        if (open.get(key) === flight) open.delete(key);
      });
      open.set(key, flight);
      return flight;
    },
  };
}

/** A flight that stands nowhere: for a refresh, which nobody joins. */
export function createFlight(propertyId: string, close: () => void = () => undefined): Flight {
  const { promise, resolve } = Promise.withResolvers<Landing>();
  let isLanded = false;
  let known: Facts | null = null;
  const aboard: ((facts: Facts) => void)[] = [];
  const askers: Pick<Asker, 'deadlineAt'>[] = [];
  return {
    propertyId,
    landed: promise,
    wait: (asker) => void askers.push(asker),
    wantedUntilAt: () =>
      askers.reduce((latest, { deadlineAt }) => Math.max(latest, deadlineAt), Number.NEGATIVE_INFINITY),
    isLanded: () => isLanded,
    learn(facts) {
      if (isLanded) return;
      known = facts;
      for (const tell of aboard) tell(facts);
    },
    whenLearnt(tell) {
      aboard.push(tell);
      if (known !== null && !isLanded) tell(known);
    },
    land(landing) {
      isLanded = true;
      close();
      resolve(landing);
    },
  };
}

/** Lands every flight that is still open when `work` has ended; a bug must leave nobody waiting. */
export async function landAll(flights: readonly Flight[], work: Promise<void>): Promise<void> {
  try {
    await work;
  } finally {
    for (const flight of flights) flight.land(PENDING);
  }
}
