import { describe, expect, test } from '@jest/globals';
import { chooseEntry, chooseNode, exitCodeOf, mustInstall } from '../bootstrap-plan.mjs';

describe('packages are installed', () => {
  test.each([
    ['on a fresh clone', { stamp: undefined, installedAfterLock: false }, true],
    ['when the lock file has changed since', { stamp: 'old', installedAfterLock: true }, true],
    ['not when the lock file is the installed one', { stamp: 'new', installedAfterLock: false }, false],
    [
      'not when somebody ran npm ci by hand after the last change',
      { stamp: undefined, installedAfterLock: true },
      false,
    ],
  ])('%s', (_when, seen, expected) => {
    expect(mustInstall({ lockHash: 'new', ...seen })).toBe(expected);
  });
});

describe('the command runs under', () => {
  const seen = { pinnedNode: undefined, hostNode: '/usr/bin/node', hostVersion: '18.20.8', platform: 'plan9-mips' };

  test('the pinned Node, whatever the host has', () => {
    expect(chooseNode({ ...seen, pinnedNode: '/pinned/node', hostVersion: '26.0.0' })).toEqual({
      node: '/pinned/node',
    });
  });

  test("the host's Node where none is pinned and it is new enough", () => {
    expect(chooseNode({ ...seen, hostVersion: '24.0.0' })).toEqual({ node: '/usr/bin/node' });
  });

  test('nothing, with a word on what to install, where neither is', () => {
    expect(chooseNode(seen)).toEqual({
      problem: expect.stringMatching(/Node 24.*plan9-mips.*18\.20\.8.*install Node 24/),
    });
  });
});

describe('the arguments choose', () => {
  test('one of the commands, and the rest goes to it', () => {
    expect(chooseEntry(['start', '--no-traffic'])).toEqual({ entry: 'tools/run/src/start.ts', args: ['--no-traffic'] });
  });

  test('a file of the caller', () => {
    expect(chooseEntry(['exec', 'x.ts', '--flag'])).toEqual({ entry: 'x.ts', args: ['--flag'] });
  });

  test.each([[[]], [['toString']], [['exec']], [['fly']]])('nothing from %j, and the usage is shown', (argv) => {
    expect(chooseEntry(argv).problem).toMatch(/^usage: .*start \| test/);
  });
});

test('a command that a signal ended gives the code that a shell would', () => {
  expect([exitCodeOf(3, undefined), exitCodeOf(0, undefined), exitCodeOf(null, 15)]).toEqual([3, 0, 143]);
});
