import { expect, test } from '@jest/globals';
import { searchMarks } from '../../marks/model/search-marks.ts';
import type { MarkWorld } from '../../marks/model/state.ts';

/** A world with fewer states than this has lost what it was made for. */
const STATES_MIN = 100;

/** Searches each of these worlds whole. */
export function testMarkWorlds(worlds: readonly MarkWorld[]): void {
  test.each(worlds)('$name: in whatever order, nothing that contradicts a change counts as of it', (world) => {
    const { story, states } = searchMarks(world);
    expect(story).toBeNull();
    expect(states).toBeGreaterThan(STATES_MIN);
  });
}
