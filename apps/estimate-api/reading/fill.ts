import type { Estimate, Facts } from '@porchlight/contracts';
import {
  afterFill,
  answerUnfilled,
  factsFenceAfter,
  type CachedEstimate,
  type FillAnswer,
  type FillReply,
} from '@porchlight/estimate-cache';
import { UNAVAILABLE, UNKNOWN, type Outcome } from './outcome.ts';
import type { PayPorts, Win } from './pay.ts';

/** A home that was paid for. `estimate` null: upstream has none. */
export interface Fetched extends Win {
  readonly facts: Facts;
  readonly estimate: Estimate | null;
}

/** A home whose fill was refused for good, and how. */
interface Refused extends Fetched {
  readonly reply: FillReply;
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

  /** @returns those whose fill was refused, by what comes next; the others have landed */
  const fill = async (fetched: readonly Fetched[], attempt: 1 | 2) => {
    const behind: Fetched[] = [];
    const refused: Refused[] = [];
    const replies = await fillOnce(fetched);
    for (const [at, home] of fetched.entries()) {
      const reply = replies[at] ?? NO_REPLY;
      const next = afterFill(reply.outcome, attempt);
      if (next === 'stored' && 'stored' in reply) home.flight.land(valueOf(reply.stored));
      else if (next === 'facts-once-more') behind.push(home);
      else refused.push({ ...home, reply: reply.outcome });
    }
    for (const { flight } of refused) flight.close();
    return { behind, refused };
  };

  return async (fetched) => {
    const first = await fill(fetched, 1);
    const newer = await factsAgain(first.behind);
    const second = await fill(
      first.behind.flatMap((home) => withFacts(home, newer)),
      2,
    );
    const refused = [...first.refused, ...second.refused];
    const now = await factsAgain(refused);
    for (const home of refused) home.flight.land(unfilledOutcome(home, now, ports));
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
  { flight: { propertyId }, estimate, facts, reply }: Refused,
  newer: ReadonlyMap<string, Facts> | null,
  { jsonOf, log }: PayPorts,
): Outcome {
  const factsFence = factsFenceAfter(reply, facts);
  const next = answerUnfilled(newer === null ? null : newer.get(propertyId), factsFence);
  if (next.kind === 'unknown') return UNKNOWN;
  if (next.kind === 'behind') {
    // Refused twice for facts that are too old, and the primary has no newer ones: it went back (a lossy failover).
    log.error(
      { code: 'FACTS_BEHIND_FENCE', factsFence },
      'the database answers with older facts than the cache has seen',
    );
  }
  if (next.kind !== 'answer') return UNAVAILABLE;
  return {
    kind: 'value',
    facts: next.facts,
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
