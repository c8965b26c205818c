import type { Facts, RequestedHome, Ticket } from '@porchlight/contracts';
import { afterFacts } from '@porchlight/estimate-cache';
import { levelOf, type RuleBook } from '@porchlight/visibility';

/** A lease that this record won. */
export interface WonTicket {
  readonly propertyId: string;
  readonly ticket: Ticket;
  /** The lowest facts version that a fill may carry. */
  readonly factsFence: number;
}

/** A home that nobody may see, by the facts that were read after its ticket was drawn. */
export type HiddenHome = WonTicket & { readonly facts: Facts };

/** What becomes of each ticket. Every home that was won is in exactly one of the lists. */
export interface Judged {
  readonly requested: RequestedHome[];
  /** No such home: its flight is dropped. */
  readonly unknown: WonTicket[];
  /** Nobody may see it, so nobody pays for it: its facts are kept alone. */
  readonly hidden: HiddenHome[];
  /** The facts are older than what the cache has been told: they could not be filled. */
  readonly behind: WonTicket[];
}

/** Decides on the tickets, given the facts that were read after they were drawn. */
export function judgeTickets(
  tickets: readonly WonTicket[],
  facts: ReadonlyMap<string, Facts>,
  rules: RuleBook,
): Judged {
  const judged: Judged = { requested: [], unknown: [], hidden: [], behind: [] };
  for (const won of tickets) {
    const judge = (known: Facts) => (isHidden(known, rules, known.checkedAt) ? 'unpaid' : 'pay');
    const right = afterFacts(facts.get(won.propertyId), { factsFence: won.factsFence, judge });
    if (right.kind === 'unknown') judged.unknown.push(won);
    else if (right.kind === 'behind') judged.behind.push(won);
    else if (right.kind === 'pay')
      judged.requested.push({ propertyId: won.propertyId, ticket: won.ticket, facts: right.facts });
    else judged.hidden.push({ ...won, facts: right.facts });
  }
  return judged;
}

/**
 * Whether nobody may see a home with these facts.
 *
 * @param asOfAt up to when they are known to hold; by the primary's clock
 */
export function isHidden(facts: Facts, rules: RuleBook, asOfAt: number): boolean {
  return levelOf(facts, facts.mlsId === null ? undefined : rules.get(facts.mlsId, asOfAt)) === 'nobody';
}
