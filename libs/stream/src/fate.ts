/**
 * What becomes of a record whose processing threw.
 * `retry`: a dependency is down, try again for ever. `park`: dead letters. `crash`: the process stops, the offset uncommitted.
 */
export type Fate = 'retry' | 'park' | 'crash';

/** @returns what the error asks for; an error that says nothing is a bug, and a bug stops the process */
export function fateOf(error: unknown): Fate {
  const fate = fieldOf(error, 'fate');
  return fate === 'retry' || fate === 'park' ? fate : 'crash';
}

/** @returns the error's stable code, or `otherwise` for one that has none; never its message, which may hold data */
export function codeOf(error: unknown, otherwise: string): string {
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? code : otherwise;
}

/** @returns the thing as an Error, for those who throw strings */
export const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

function fieldOf(error: unknown, name: 'fate' | 'code'): unknown {
  return typeof error === 'object' && error !== null && name in error
    ? (error as Record<string, unknown>)[name]
    : undefined;
}
