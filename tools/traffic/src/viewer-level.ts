import type { ViewerRole } from './workload.ts';

/** The lowest role that may see a home's estimate; `nobody` is a level and never a role. */
export type ViewerLevel = ViewerRole | 'nobody';

const ORDER: readonly ViewerLevel[] = ['unregistered', 'registered', 'verified', 'agent', 'nobody'];

/** Whether a role may see what has a level. */
export function maySee(role: ViewerRole, level: ViewerLevel): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(level);
}

/** The stricter of two levels: rule and seller's override. */
export function stricterOf(a: ViewerLevel, b: ViewerLevel): ViewerLevel {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}

/** A level by its number, for columns. */
export const levelAt = (number: number): ViewerLevel => ORDER[number] ?? 'nobody';
export const numberOf = (level: ViewerLevel): number => ORDER.indexOf(level);
