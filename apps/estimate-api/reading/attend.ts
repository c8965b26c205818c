import type { Facts } from '@porchlight/contracts';
import { afterAcquire, mayTell } from '@porchlight/estimate-cache';
import { delay } from '@porchlight/stream';
import { decide, type Role } from '@porchlight/visibility';
import { createAcquire, type Acquired } from './acquire.ts';
import type { Asker } from './asker.ts';
import { boundedAttend } from './bounded-attend.ts';
import type { Check } from './check.ts';
import { createFlights, landAll, type Flight } from './flights.ts';
import { PENDING } from './outcome.ts';
import { createPayer, type Win } from './pay.ts';
import type { FreshnessOf, ReadingPorts } from './ports.ts';
import { createFilledReader } from './read-filled.ts';
import { toldAboard, type Aboard } from './told-aboard.ts';
import { waitPollMs } from './limits.ts';
import { createTrickle } from './trickle.ts';
import { createWait, type Waiting } from './wait.ts';

/** Answers homes that are not cached. Resolves when all of them have been told; the asker need not wait for that. */
export type Attend = (propertyIds: readonly string[], asker: Asker) => Promise<void>;

/**
 * Asks for leases, fetches the homes that it wins, waits for the others.
 *
 * What was won is paid for and filled also after the asker's deadline; a wait ends with the last asker. Whoever asks for a
 * lease in vain looks first whether this process flies that home under that very epoch already.
 */
export function createAttendance(ports: ReadingPorts, check: Check): { attend: Attend; inFlight: () => number } {
  const { clock, rules, limits, onUnplanned } = ports;
  const flights = createFlights();
  const acquire = createAcquire(ports);
  const pay = createPayer(ports);
  const trickle = createTrickle(ports);
  const readFilled = createFilledReader(ports, check);

  const payFor = (wins: readonly Win[], role: Role): void => fly(wins, () => pay(wins, role), onUnplanned);
  const wait = createWait({ clock, flights, acquire, readFilled, payFor });

  let boarding = 0; // homes whose leases are being asked for

  const attend: Attend = (propertyIds, asker) => ask(propertyIds, asker, 0);
  /** @param attempt how often these homes were found filled already, and gone again */
  const ask = async (propertyIds: readonly string[], asker: Asker, attempt: number): Promise<void> => {
    const room = Math.max(0, limits.flightsMax - flights.size() - boarding);
    for (const propertyId of propertyIds.slice(room)) asker.tell(propertyId, PENDING);
    const taken = propertyIds.slice(0, room);
    if (taken.length === 0) return;
    boarding += taken.length; // before anything is awaited: else all who come meanwhile see the same room
    const freshnessOf = ports.freshnessNow(); // before ACQUIRE: a failover that comes later is not told by its fence
    const acquired = await acquire(taken.map((propertyId) => ({ propertyId, nonce: ports.newNonce() })));
    boarding -= taken.length; // those who fly are counted as flights, in this same turn
    if (acquired === null) return await trickle(taken, asker);
    await Promise.all([
      readHits(acquired, asker, attempt),
      ...board(acquired, asker, freshnessOf),
      trickle(unanswered(taken, acquired), asker),
    ]);
  };
  /**
   * Somebody filled them between our read and our ACQUIRE. What is gone again is asked for again: at once, and from the second time
   * on as slowly as one waits for others, since a Redis that says so and cannot be read would be asked without end.
   */
  const readHits = async (acquired: readonly Acquired[], asker: Asker, attempt: number): Promise<void> => {
    const hits = acquired.flatMap(({ propertyId, answer }) => (answer.outcome === 'hit' ? [propertyId] : []));
    const found = await readFilled(hits);
    for (const [propertyId, outcome] of found) asker.tell(propertyId, outcome);
    const gone = hits.filter((propertyId) => !found.has(propertyId));
    if (gone.length > 0 && attempt > 0) await delay(clock, waitPollMs(attempt - 1));
    if (gone.length > 0 && clock.now() < asker.deadlineAt) await ask(gone, asker, attempt + 1);
  };
  const board = (acquired: readonly Acquired[], asker: Asker, freshnessOf: FreshnessOf): Promise<void>[] => {
    const wins: Win[] = [];
    const waits: Waiting[] = [];
    const landings: Promise<void>[] = [];
    for (const { propertyId, nonce, answer } of acquired) {
      if (answer.outcome === 'hit') continue;
      const { ticket, factsFence, outcome } = answer;
      const open = flights.find(propertyId, ticket.epoch);
      const next = afterAcquire(outcome, open !== undefined);
      const isOwn = next !== 'join' || open === undefined;
      const flight = isOwn ? flights.open(propertyId, ticket.epoch) : open;
      if (next === 'pay') wins.push({ flight, ticket, factsFence });
      if (next === 'wait') waits.push({ flight, nonce });
      const teller = tellerOf({ propertyId, factsFence, isOwn }, freshnessOf);
      landings.push(land(flight, asker, { isOwn, mayTell: teller }, { clock, rules, attend }));
    }
    payFor(wins, asker.role);
    fly(waits, () => wait(waits, asker.role), onUnplanned);
    return landings;
  };
  return { attend: boundedAttend(attend, limits.waitersMax), inFlight: flights.size };
}

/** Tells one of those aboard what is found out, now or when the flight lands; or asks again for it. */
async function land(
  flight: Flight,
  asker: Asker,
  aboard: Omit<Aboard, 'maySee'>,
  { clock, rules, attend }: Pick<ReadingPorts, 'clock' | 'rules'> & { attend: Attend },
): Promise<void> {
  flight.wait(asker);
  // Known before the estimate is: who may not see it is told so, also if the fetch outlasts the deadline.
  flight.whenLearnt((facts) => {
    if (aboard.mayTell(facts)) asker.tell(flight.propertyId, { kind: 'facts', facts });
  });
  const maySee = (facts: Facts): boolean => rules.isUsable() && decide(asker.role, facts, rules).kind === 'allowed';
  const outcome = toldAboard(await flight.landed, { ...aboard, maySee });
  if (outcome !== null) asker.tell(flight.propertyId, outcome);
  else if (clock.now() < asker.deadlineAt) await attend([flight.propertyId], asker);
}

/** Whether one aboard may be told of facts; the winner's own were read after its ticket was drawn. */
const tellerOf =
  (
    { propertyId, factsFence, isOwn }: { propertyId: string; factsFence: number; isOwn: boolean },
    freshnessOf: FreshnessOf,
  ) =>
  (facts: Facts): boolean => {
    const { verdict } = freshnessOf({ propertyId, facts, softExpiryAt: Infinity });
    return isOwn || mayTell(facts, { factsFence, verdict });
  };

/** Not awaited: it goes on after every deadline. */
function fly(
  aboard: readonly { flight: Flight }[],
  work: () => Promise<void>,
  onUnplanned: (error: unknown) => void,
): void {
  const opened = aboard.map(({ flight }) => flight);
  if (opened.length > 0) landAll(opened, work()).catch(onUnplanned);
}

/** Homes whose node of Redis is down, while the others' is not. */
function unanswered(propertyIds: readonly string[], acquired: readonly Acquired[]): string[] {
  const answered = new Set(acquired.map(({ propertyId }) => propertyId));
  return propertyIds.filter((propertyId) => !answered.has(propertyId));
}
