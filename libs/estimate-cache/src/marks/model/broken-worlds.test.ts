import { expect, test } from '@jest/globals';
import { searchMarks } from './search-marks.ts';
import { brokenMarkWorlds } from './worlds.ts';

test.each(brokenMarkWorlds)('$name without $without breaks the promise', (world) => {
  expect(searchMarks(world).story).toContain('broken: home');
});
