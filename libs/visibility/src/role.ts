import type { Level } from '@porchlight/contracts';

/** Who is looking, lowest first. `nobody` is a level and never a role. */
export type Role = 'unregistered' | 'registered' | 'verified' | 'agent';

/** A level that is understood. `unknown` (a symbol that a reader does not know) always becomes `nobody`. */
export type KnownLevel = Exclude<Level, 'unknown'>;

/** Every role, lowest first. */
export const ROLES: readonly Role[] = ['unregistered', 'registered', 'verified', 'agent'];

/** Every level, lowest first: the lowest role that may see a value, or nobody. */
export const LEVELS: readonly KnownLevel[] = [...ROLES, 'nobody'];

const RANKS: ReadonlyMap<string, number> = new Map(LEVELS.map((level, rank) => [level, rank]));

/** Whether a text from outside (a claim, a header) names a role. */
export function isRole(text: unknown): text is Role {
  return text !== 'nobody' && typeof text === 'string' && RANKS.has(text);
}

/** 0 for `unregistered` to 4 for `nobody`; undefined for anything that is not a level that we know. */
export function rankOf(level: string): number | undefined {
  return RANKS.get(level);
}

/** The level that fewer may see; one that is not understood is stricter than any. */
export function stricterOf(one: Level, other: Level): Level {
  return (rankOf(one) ?? Infinity) >= (rankOf(other) ?? Infinity) ? one : other;
}

/** Whether a viewer of this role may see a value of this level. Nobody may see `nobody`. */
export function maySee(role: Role, level: KnownLevel): boolean {
  const [has, needs] = [rankOf(role), rankOf(level)];
  return has !== undefined && needs !== undefined && level !== 'nobody' && has >= needs;
}
