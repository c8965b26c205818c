import type { Estimate, Facts } from '@porchlight/contracts';
import type { CachedEstimate, FillAnswer } from '@porchlight/estimate-cache';
import { UNAVAILABLE, UNKNOWN, type Outcome } from './outcome.ts';
import type { PayPorts, Win } from './pay.ts';

/** A home that was paid for. `estimate` null: upstream has none. */
export interface Fetched extends Win {
  readonly facts: Facts;
  readonly estimate: Estimate | null;
}

const NO_REPLY = { outcome: 'failed' } as const;
type Reply = FillAnswer | typeof NO_REPLY;

/**
 * Fills what was fetched and lands its flights (design.md section 6, "Answer after a refused fill").
 *
 * OK and OLDER: the joined value is the answer. BEHIND: the facts once more, and FILL again under the same ticket.
 * EPOCH, BELOW, a second BEHIND or no reply: the flight is closed to joiners, the facts are read again, the answer is
 * given under them, and nothing is stored. No primary: `unavailable`.
 */
export function createFiller(ports: PayPorts): (fetched: readonly Fetched[]) => Promise<void> {
  const { cache, catalog, meter } = ports;

  const fillOnce = async (fetched: readonly Fetched[]): Promise<Reply[]> => {
    const requests = fetched.map(({ flight, ticket, facts, estimate }) => ({
      propertyId: flight.propertyId,
      class: 's' as const,
      ticket,
      facts,
      estimate,
    }));
    const replies: Reply[] = await cache.fill(requests).catch(() => requests.map(() => NO_REPLY));
    for (const { outcome } of replies) meter.filled(outcome, 1);
    return replies;
  };
  const factsAgain = (homes: readonly Fetched[]): Promise<ReadonlyMap<string, Facts> | null> =>
    homes.length === 0
      ? Promise.resolve(new Map())
      : catalog.factsOf(homes.map(({ flight }) => flight.propertyId)).catch(() => null);

  /** @returns those whose fill was refused, by how; the others have landed */
  const fill = async (fetched: readonly Fetched[]) => {
    const refused = { behind: [] as Fetched[], closed: [] as Fetched[] };
    const replies = await fillOnce(fetched);
    for (const [at, home] of fetched.entries()) {
      const reply = replies[at] ?? NO_REPLY;
      if (reply.outcome === 'ok' || reply.outcome === 'older') home.flight.land(valueOf(reply.stored));
      else if (reply.outcome === 'behind') refused.behind.push(home);
      else refused.closed.push(home);
    }
    for (const { flight } of refused.closed) flight.close();
    return refused;
  };

  return async (fetched) => {
    const first = await fill(fetched);
    const newer = await factsAgain(first.behind);
    const second = await fill(first.behind.flatMap((home) => withFacts(home, newer)));
    for (const { flight } of second.behind) flight.close();
    const closed = [...first.closed, ...second.closed, ...second.behind];
    const now = await factsAgain(closed);
    for (const home of closed) {
      const factsFence = second.behind.includes(home) ? home.facts.visibilityVersion + 1 : 0;
      home.flight.land(unfilledOutcome(home, now, { factsFence, ports }));
    }
  };
}

/** The home with the facts that were read again; without any (no primary, no such home) it lands here. */
function withFacts(home: Fetched, newer: ReadonlyMap<string, Facts> | null): Fetched[] {
  const facts = newer?.get(home.flight.propertyId);
  if (facts !== undefined) {
    home.flight.learn(facts);
    return [{ ...home, facts }];
  }
  home.flight.land(newer === null ? UNAVAILABLE : UNKNOWN);
  return [];
}

/** The answer of a fetch that could not be stored, under facts that were read after the refusal. */
function unfilledOutcome(
  { flight: { propertyId }, estimate }: Fetched,
  newer: ReadonlyMap<string, Facts> | null,
  { factsFence, ports: { jsonOf, log } }: { factsFence: number; ports: PayPorts },
): Outcome {
  if (newer === null) return UNAVAILABLE;
  const facts = newer.get(propertyId);
  if (facts === undefined) return UNKNOWN;
  if (facts.visibilityVersion < factsFence) {
    // Refused twice for facts that are too old, and the primary has no newer ones: it went back (a lossy failover).
    log.error(
      { code: 'FACTS_BEHIND_FENCE', factsFence },
      'the database answers with older facts than the cache has seen',
    );
    return UNAVAILABLE;
  }
  return {
    kind: 'value',
    facts,
    estimateJson: estimate === null ? null : jsonOf(propertyId, estimate),
    source: 'miss',
  };
}

const valueOf = ({ facts, estimateJson }: CachedEstimate): Outcome => ({
  kind: 'value',
  facts,
  estimateJson,
  source: 'miss',
});
