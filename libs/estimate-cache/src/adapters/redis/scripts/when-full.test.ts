import { expect, test } from '@jest/globals';
import { acquireScript } from './acquire.ts';
import { fillScript } from './fill.ts';
import { invalidateScript } from './invalidate.ts';
import { markScript, raiseSinceScript, resetScript } from './mark.ts';
import { releaseScript } from './release.ts';
import { touchScript } from './touch.ts';
import { updateScript } from './update.ts';

const FLAG = /^#!lua flags=allow-oom\n/;

const ofChanges = [
  invalidateScript,
  updateScript,
  touchScript,
  releaseScript,
  markScript,
  resetScript,
  raiseSinceScript,
];

test.each(ofChanges)(
  '$name runs also at the memory limit: a change that is refused there holds up all behind it',
  ({ lua }) => {
    expect(lua).toMatch(FLAG);
  },
);

test.each([acquireScript, fillScript])('$name takes memory, and does not run beyond the limit', ({ lua }) => {
  expect(lua).not.toMatch(FLAG);
});
