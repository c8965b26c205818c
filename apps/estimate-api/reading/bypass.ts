import type { Estimate, Facts } from '@porchlight/contracts';
import { SOURCE_ITEMS_MAX } from '@porchlight/estimate-source';
import type { Collected } from './as-it-comes.ts';
import { askerOf, type Asker, type Asking } from './asker.ts';
import { chunksOf } from './chunks-of.ts';
import { codeOf } from './code-of.ts';
import type { Ongoing } from './ongoing.ts';
import { PENDING, UNAVAILABLE, UNKNOWN, type Sheet } from './outcome.ts';
import type { ReadingPorts } from './ports.ts';
import { createRate } from './rate.ts';
import { rightOf } from './right-of.ts';

export type BypassPorts = Pick<ReadingPorts, 'catalog' | 'source' | 'rules' | 'jsonOf' | 'meter' | 'limits' | 'clock'>;

/** What a paid call said of one home; null: the call failed. */
type Paid = { readonly estimate: Estimate | null } | null;

/**
 * Answers homes as if there were no cache: facts from the primary, then the paid API; nothing is read from Redis, and nothing
 * is stored, so that those who do without a cache change nothing for those who have it.
 *
 * The paid call of a home is shared by all in this process who ask for it meanwhile; its facts never are. Each reads its own,
 * after it has asked: so it is never told of facts that are older than a change which was acknowledged before.
 *
 * Which cohort a session is in follows from its id, which the client chooses: whoever tries some ids finds one that costs a paid call
 * for each read. So the calls a second are bounded, whoever asks; what comes above is `pending`.
 */
export function createBypass(ports: BypassPorts, ongoing: Pick<Ongoing, 'waitFor'>) {
  const { catalog, limits, clock, jsonOf } = ports;
  const paying = createSharedPayments(ports);
  let asked = 0; // homes whose facts are being read or which are being paid for

  const answer = async (propertyIds: readonly string[], asker: Asker): Promise<void> => {
    const found = await catalog.factsOf(propertyIds).catch(() => null);
    if (found === null) return tellAll(propertyIds, asker);
    const payable = tellRights(propertyIds, found, asker, ports);
    if (clock.now() >= asker.deadlineAt) return; // nobody would get what was paid for
    await Promise.all(
      paying(payable.map(([id]) => id)).map(async (payment, at) => {
        const paid = await payment;
        const [propertyId, facts] = payable[at] ?? [];
        if (paid === null || propertyId === undefined || facts === undefined) return;
        const estimateJson = paid.estimate === null ? null : jsonOf(propertyId, paid.estimate);
        asker.tell(propertyId, { kind: 'value', facts, estimateJson, source: 'miss' });
      }),
    );
  };
  const answerSome = async (propertyIds: readonly string[], asker: Asker): Promise<void> => {
    const room = Math.max(0, limits.flightsMax - asked);
    tellAll(propertyIds.slice(room), asker);
    const taken = propertyIds.slice(0, room);
    if (taken.length === 0) return;
    asked += taken.length;
    try {
      await answer(taken, asker);
    } finally {
      asked -= taken.length;
    }
  };
  /** Puts on the sheet what is known by the deadline; 0 asks for what is cached alone, and so for nothing. */
  return async (propertyIds: readonly string[], sheet: Sheet, asking: Asking): Promise<Collected> => {
    const deadlineAt = clock.now() + asking.deadlineMs;
    const asker = askerOf(sheet, asking, deadlineAt);
    if (asking.deadlineMs === 0) return { toCheck: [], isComplete: true };
    const isComplete = await ongoing.waitFor(answerSome(propertyIds, asker), deadlineAt, asking.leaving?.left);
    return { toCheck: [], isComplete };
  };
}

const tellAll = (propertyIds: readonly string[], { tell }: Asker): void => {
  for (const propertyId of propertyIds) tell(propertyId, PENDING);
};

/** Tells what is known without an estimate. @returns the homes that this viewer may cause a paid call for */
function tellRights(
  propertyIds: readonly string[],
  found: ReadonlyMap<string, Facts>,
  { role, tell }: Asker,
  { rules }: BypassPorts,
): [string, Facts][] {
  return propertyIds.flatMap((propertyId): [string, Facts][] => {
    const right = rightOf(found.get(propertyId), { factsFence: 0, role, rules });
    if (right.kind === 'pay' || right.kind === 'unpaid') tell(propertyId, { kind: 'facts', facts: right.facts });
    else tell(propertyId, right.kind === 'unknown' ? UNKNOWN : UNAVAILABLE);
    return right.kind === 'pay' ? [[propertyId, right.facts]] : [];
  });
}

/** One paid call for a home at a time. Answers in the order given; never rejects. */
function createSharedPayments(ports: BypassPorts): (propertyIds: readonly string[]) => Promise<Paid>[] {
  const { source, meter, limits, clock } = ports;
  const mayBegin = createRate(clock, limits.bypassesPerSMax);
  const underWay = new Map<string, Promise<Paid>>();
  const fetch = async (propertyIds: readonly string[]): Promise<ReadonlyMap<string, Estimate> | null> => {
    if (!mayBegin()) {
      meter.called('BYPASS_OVER_RATE', 'bypass');
      return null;
    }
    try {
      const { estimates } = await source.fetch(propertyIds);
      meter.called('ok', 'bypass');
      return estimates;
    } catch (error) {
      meter.called(codeOf(error), 'bypass');
      return null;
    }
  };
  const begin = (propertyIds: readonly string[]): void => {
    const fetched = fetch(propertyIds);
    for (const propertyId of propertyIds) {
      const payment = fetched.then((estimates) => {
        underWay.delete(propertyId);
        return estimates === null ? null : { estimate: estimates.get(propertyId) ?? null };
      });
      underWay.set(propertyId, payment);
    }
  };
  return (propertyIds) => {
    const own = propertyIds.filter((propertyId) => !underWay.has(propertyId));
    for (const chunk of chunksOf(own, SOURCE_ITEMS_MAX)) begin(chunk);
    return propertyIds.map((propertyId) => underWay.get(propertyId) ?? Promise.resolve(null));
  };
}
