import { chosenWorld } from './worlds.ts';

/** Searches these worlds until one breaks. @returns null if each holds */
export function firstBroken(names: readonly string[]): { world: string; story: string } | null {
  for (const name of names) {
    const { story } = chosenWorld(name).search();
    if (story !== null) return { world: name, story };
  }
  return null;
}
