import { allForms, askIn, type Ask } from './all-forms.ts';
import { eventually } from './eventually.ts';
import type { HomeState, Sighting } from './judge-sameness.ts';

/** Somebody who tells of the home: a form of one process, or what stands in front of it. */
export interface Teller {
  readonly name: string;
  readonly ask: () => Promise<string>;
}

/** A change of the home: what a viewer is told from then on, and how it is made. */
export interface Change {
  readonly bytes: string;
  /** Resolves when it is acknowledged. */
  readonly make: () => Promise<void>;
}

export interface Watched {
  readonly states: readonly HomeState[];
  readonly sightings: readonly Sighting[];
}

/** How often each teller is heard between two changes at least. */
const HEARD_BETWEEN = 2;

/** @returns each form of each process as a teller */
export const tellersOf = (ports: readonly number[], ask: Omit<Ask, 'port'>): Teller[] =>
  ports.flatMap((port, process) =>
    Object.entries(allForms).map(([name, form]) => ({
      name: `${process} ${name} ${ask.role}`,
      ask: () => askIn(form, { ...ask, port }),
    })),
  );

/**
 * Asks all tellers on and on while changes are made to the home, each when everybody has been heard since the last.
 *
 * @param changes the first is what is so already
 * @throws what a teller throws
 */
export async function watchHome(tellers: readonly Teller[], changes: readonly Change[]): Promise<Watched> {
  const sightings: Sighting[] = [];
  const states: HomeState[] = [];
  let isOver = false;
  const askOnAndOn = async ({ name, ask }: Teller): Promise<void> => {
    while (!isOver) {
      const askedAt = performance.now();
      const bytes = await ask();
      sightings.push({ teller: name, askedAt, toldAt: performance.now(), bytes });
    }
  };
  const heardSince = (name: string, since: number): number =>
    sightings.filter(({ teller, askedAt }) => teller === name && askedAt >= since).length;
  const asking = Promise.all(tellers.map(askOnAndOn)).finally(() => (isOver = true));
  asking.catch(() => undefined); // met below
  try {
    for (const { bytes, make } of changes) {
      const begunAt = performance.now();
      await make();
      const acknowledgedAt = performance.now();
      states.push({ bytes, begunAt, acknowledgedAt });
      await eventually(
        'every teller is heard since the change',
        () => isOver || tellers.every(({ name }) => heardSince(name, acknowledgedAt) >= HEARD_BETWEEN),
      );
      if (isOver) break; // a teller failed
    }
  } finally {
    isOver = true;
  }
  await asking;
  return { states, sightings };
}
