import { nameOf } from '../partition-name.ts';
import type { AssignmentMember } from './assignment-port.ts';

/** Who held a partition last: undefined when nobody says so, or when two say so of the same generation. */
export type OwnerOf = (topic: string, partition: number) => string | undefined;

interface Claim {
  readonly generation: number;
  /** undefined: two members of one generation claim it, and neither can be believed. */
  readonly memberId: string | undefined;
}

/**
 * Settles what the members say they hold. A member that was away (stopped, expelled) still claims what it held then; who held it in a newer
 * generation is right.
 */
export function settleClaims(members: readonly AssignmentMember[]): OwnerOf {
  const claims = new Map<string, Claim>();
  for (const { memberId, generation, owned } of members) {
    for (const [topic, partitions] of Object.entries(owned)) {
      for (const partition of new Set(partitions)) {
        const name = nameOf({ topic, partition });
        claims.set(name, newerOf(claims.get(name), { generation, memberId }));
      }
    }
  }
  return (topic, partition) => claims.get(nameOf({ topic, partition }))?.memberId;
}

function newerOf(known: Claim | undefined, claim: Claim): Claim {
  if (known === undefined || claim.generation > known.generation) return claim;
  return claim.generation < known.generation ? known : { generation: known.generation, memberId: undefined };
}
