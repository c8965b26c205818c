import type { Found } from '@porchlight/state-search';
import type { Move } from './move.ts';

const NUMBER_WIDTH = 3;
const WHO_WIDTH = 12;

/** A counterexample as a story: who did what, and what broke. */
export function tell({ breach, trail }: Found<Move, string>): string {
  const lines = trail.map(
    ({ who, does }, i) => `${String(i + 1).padStart(NUMBER_WIDTH)}  ${who.padEnd(WHO_WIDTH)} ${does}`,
  );
  return [...lines, `broken: ${breach}`].join('\n');
}
