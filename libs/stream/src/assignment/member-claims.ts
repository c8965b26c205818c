import type { PartitionsByTopic } from './assignment-port.ts';

/** What a member says of itself when it joins: its last assignment, and the generation of the group in which it had it. */
export interface MemberClaims {
  readonly generation: number;
  readonly owned: PartitionsByTopic;
}

/** Of a process that has held nothing yet. */
export const NO_CLAIMS: MemberClaims = { generation: -1, owned: {} };

const VERSION = 1;

/** @returns the claims as bytes of a join request's user data */
export const encodeClaims = ({ generation, owned }: MemberClaims): Buffer =>
  Buffer.from(JSON.stringify({ version: VERSION, generation, owned }));

/** @returns NO_CLAIMS for bytes that are of another assigner or version: then partitions move that need not, and nothing is wrong */
export function decodeClaims(bytes: Buffer | null): MemberClaims {
  try {
    const parsed: unknown = JSON.parse(bytes?.toString() ?? '');
    return isClaims(parsed) ? { generation: parsed.generation, owned: parsed.owned } : NO_CLAIMS;
  } catch {
    return NO_CLAIMS;
  }
}

function isClaims(value: unknown): value is MemberClaims {
  if (typeof value !== 'object' || value === null) return false;
  const { version, generation, owned } = value as Record<string, unknown>;
  if (version !== VERSION || !Number.isInteger(generation)) return false;
  if (typeof owned !== 'object' || owned === null || Array.isArray(owned)) return false;
  return Object.values(owned).every((list) => Array.isArray(list) && list.every((each) => Number.isInteger(each)));
}
