import { hostOf } from './redirection.ts';
import { SLOTS } from './slot-of.ts';

/** Who owns which slot, as one node sees it. */
export interface SlotOwners {
  /** host:port by slot; undefined: nobody serves it. Corrected as nodes say that a slot has moved. */
  readonly owners: (string | undefined)[];
  /** Every node of the view, replicas too: one of them may be asked when all primaries are gone. */
  readonly addresses: ReadonlySet<string>;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const addressOf = (node: unknown, askedAt: string): string | null => {
  if (!isList(node)) return null;
  const [host, port] = node;
  // A node that does not know its own name means the one that it was asked by.
  return `${typeof host === 'string' && host !== '' && host !== '?' ? host : hostOf(askedAt)}:${String(port)}`;
};

/**
 * Reads the reply of CLUSTER SLOTS: `[[first, last, [host, port, id, ...], replica, ...], ...]`.
 *
 * @param askedAt  host:port of the node that answered
 * @returns        null: not what CLUSTER SLOTS answers, or nobody owns anything
 */
export function slotOwnersOf(reply: unknown, askedAt: string): SlotOwners | null {
  if (!isList(reply) || reply.length === 0) return null;
  const owners = new Array<string | undefined>(SLOTS).fill(undefined);
  const addresses = new Set<string>();
  for (const range of reply) {
    if (!isList(range)) return null;
    const [first, last, ...nodes] = range;
    const known = nodes.map((node) => addressOf(node, askedAt)).filter((address) => address !== null);
    for (const address of known) addresses.add(address);
    const [primary] = known;
    if (primary === undefined) return null;
    owners.fill(primary, Number(first), Number(last) + 1);
  }
  return { owners, addresses };
}
