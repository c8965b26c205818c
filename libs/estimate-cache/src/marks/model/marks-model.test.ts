import { expect, test } from '@jest/globals';
import { searchMarks } from './search-marks.ts';
import { brokenMarkWorlds, markWorlds } from './worlds.ts';

test.each(markWorlds)('$name: whatever the order, nothing that contradicts a change counts as of it', (world) => {
  const { story, states } = searchMarks(world);
  expect(story).toBeNull();
  expect(states).toBeGreaterThan(100);
});

test.each(brokenMarkWorlds)('$name without $without breaks the promise', (world) => {
  expect(searchMarks(world).story).toContain('broken: home');
});
