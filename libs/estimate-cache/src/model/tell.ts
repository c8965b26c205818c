import type { HomeState } from '../home-state.ts';
import type { Found } from './search.ts';

const valueText = (value: HomeState['value']): string => {
  if (value === null) return ':v -';
  if (value === 'unreadable') return ':v ?';
  const estimate = value.isFactsOnly ? 'alone' : (value.estimateJson ?? 'none');
  return `:v facts ${value.facts.visibilityVersion}, ${estimate}`;
};

const flightText = (flight: HomeState['flight']): string => {
  if (flight === null) return ':m -';
  const { epoch, factsFence, estimateFence, lease } = flight;
  return `:m epoch ${epoch}, ff ${factsFence}, fe ${estimateFence}, lease ${lease === null ? '-' : `${lease.nonce} (${lease.class})`}`;
};

/** Redis as a story shows it, for one who reads along. */
export const homeText = ({ value, flight }: HomeState): string => `${valueText(value)} | ${flightText(flight)}`;

const WHO_WIDTH = 12;

/** A counterexample as a story: who did what, and what Redis held afterwards wherever that changed. */
export function tell({ breach, trail }: Found): string {
  const lines: string[] = [];
  let held = homeText({ value: null, flight: null });
  for (const [at, { who, does, to }] of trail.entries()) {
    const holds = homeText(to.home);
    lines.push(`${String(at + 1).padStart(3)}  ${who.padEnd(WHO_WIDTH)} ${does}`);
    if (holds !== held) lines.push(`${' '.repeat(6 + WHO_WIDTH)}${holds}`);
    held = holds;
  }
  return [...lines, `broken: ${breach.promise}. ${breach.because}.`].join('\n');
}
