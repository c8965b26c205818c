import type { Estimate, Facts } from '@porchlight/contracts';
import {
  afterFill,
  answerUnfilled,
  factsFenceAfter,
  partialAnswers,
  type CachedEstimate,
  type FillAnswer,
  type FillReply,
} from '@porchlight/estimate-cache';
import { UNAVAILABLE, UNKNOWN, type Landing } from './outcome.ts';
import type { PayPorts, Win } from './pay.ts';

/** A home whose facts were read, and what upstream said. null: it has none; `unknown`: it was not asked, the viewer may not see the home. */
export interface Fetched extends Win {
  readonly facts: Facts;
  readonly estimate: Estimate | null | 'unknown';
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
 * OK and OLDER: the joined value is the answer. BELOW: what was fetched is. BEHIND: the facts once more, and FILL again under the
 * same ticket. EPOCH, a second BEHIND or no reply: the facts are read again, the answer is given under them, and nothing is
 * stored; no primary: `unavailable`. Whoever joined compares what lands with the fence of its own ACQUIRE.
 */
export function createFiller(ports: PayPorts): (fetched: readonly Fetched[]) => Promise<void> {
  const { cache, catalog, meter } = ports;

  const fillOnce = async (fetched: readonly Fetched[]): Promise<Reply[]> => {
    if (fetched.length === 0) return [];
    const requests = fetched.map(({ flight, ticket, facts, estimate }) => ({
      propertyId: flight.propertyId,
      class: 's' as const,
      ticket,
      facts,
      estimate,
    }));
    const answers = await partialAnswers(cache.fill(requests)).catch(() => []);
    const replies: Reply[] = requests.map((_, at) => answers[at] ?? NO_REPLY);
    for (const { outcome } of replies) meter.filled(outcome, 1);
    return replies;
  };
  const factsAgain = (homes: readonly Fetched[]): Promise<ReadonlyMap<string, Facts> | null> =>
    homes.length === 0
      ? Promise.resolve(new Map())
      : catalog.factsOf(homes.map(({ flight }) => flight.propertyId)).catch(() => null);

  /** @returns those that need their facts read again, by why; the others have landed */
  const fill = async (fetched: readonly Fetched[], attempt: 1 | 2) => {
    const behind: Fetched[] = [];
    const refused: Refused[] = [];
    const replies = await fillOnce(fetched);
    for (const [at, home] of fetched.entries()) {
      const reply = replies[at] ?? NO_REPLY;
      const next = afterFill(reply.outcome, attempt);
      if (next === 'facts-once-more') behind.push(home);
      else if (next === 'read-again') refused.push({ ...home, reply: reply.outcome });
      else home.flight.land('stored' in reply ? landingOf(reply.stored) : fetchedLanding(home, home.facts, ports));
    }
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
    for (const home of refused) home.flight.land(unfilledLanding(home, now, ports));
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

/** What was fetched, under these facts. */
function fetchedLanding(
  { flight: { propertyId }, estimate }: Fetched,
  facts: Facts,
  { jsonOf }: Pick<PayPorts, 'jsonOf'>,
): Landing {
  if (estimate === 'unknown') return { kind: 'unpaid', facts };
  return {
    kind: 'value',
    facts,
    estimateJson: estimate === null ? null : jsonOf(propertyId, estimate),
    source: 'miss',
  };
}

/** The answer of a fetch that could not be stored, under facts that were read after the refusal. */
function unfilledLanding(home: Refused, newer: ReadonlyMap<string, Facts> | null, ports: PayPorts): Landing {
  const factsFence = factsFenceAfter(home.reply, home.facts);
  const next = answerUnfilled(newer === null ? null : newer.get(home.flight.propertyId), factsFence);
  if (next.kind === 'answer') return fetchedLanding(home, next.facts, ports);
  if (next.kind === 'behind') {
    // Refused twice for facts that are too old, and the primary has no newer ones: it went back (a lossy failover).
    ports.log.error(
      { code: 'FACTS_BEHIND_FENCE', factsFence },
      'the database answers with older facts than the cache has seen',
    );
  }
  return next.kind === 'unknown' ? UNKNOWN : UNAVAILABLE;
}

/** Facts alone are what a fill of facts alone left, where nobody has filled more: its winner was not allowed to pay. */
const landingOf = ({ facts, isFactsOnly, estimateJson }: CachedEstimate): Landing =>
  isFactsOnly ? { kind: 'unpaid', facts } : { kind: 'value', facts, estimateJson, source: 'miss' };
