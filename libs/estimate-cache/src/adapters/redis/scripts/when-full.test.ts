import { expect, test } from '@jest/globals';
import { acquireScript } from './acquire.ts';
import { fillScript } from './fill.ts';
import { invalidateScript } from './invalidate.ts';
import { releaseScript } from './release.ts';
import { touchScript } from './touch.ts';
import { updateScript } from './update.ts';

const FLAG = /^#!lua flags=allow-oom\n/;

test.each([invalidateScript, updateScript, touchScript, releaseScript])(
  '$name runs also at the memory limit: a change that is refused there holds up all behind it',
  ({ lua }) => {
    expect(lua).toMatch(FLAG);
  },
);

test.each([acquireScript, fillScript])('$name takes memory, and does not run beyond the limit', ({ lua }) => {
  expect(lua).not.toMatch(FLAG);
});
