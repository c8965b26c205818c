/** A node that says: not here, but there. `moved`: for good. `ask`: this once, the slot is on its way. */
export interface Redirection {
  readonly kind: 'moved' | 'ask';
  readonly slot: number;
  /** host:port */
  readonly address: string;
}

const REDIRECTION = /^(MOVED|ASK) (\d{1,5}) (\S*):(\d{1,5})$/;

/**
 * What a reply says about who owns a slot; null: nothing.
 *
 * @param askedAt  host:port of the node that answered: an empty host means its own
 */
export function redirectionOf(error: Error | null, askedAt: string): Redirection | null {
  if (error === null || error.name !== 'ReplyError') return null;
  const [, how, slot, host, port] = REDIRECTION.exec(error.message) ?? [];
  if (how === undefined) return null;
  return {
    kind: how === 'MOVED' ? 'moved' : 'ask',
    slot: Number(slot),
    address: `${host === '' ? hostOf(askedAt) : host}:${port}`,
  };
}

/** Without its port; an IPv6 address has colons of its own. */
export const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
