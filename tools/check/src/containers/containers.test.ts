import { describe, expect, test } from '@jest/globals';
import { startFaults } from './apps-step.ts';
import { chooseSteps, faultsOf } from './containers.ts';
import { lookFaults } from './look-inside.ts';
import { unlisted } from './parts-faults.ts';

describe('the steps', () => {
  test('run in their own order, however they are named', () => {
    expect(chooseSteps('compose, build')).toEqual(['build', 'compose']);
  });

  test('one that there is not is refused with those that there are', () => {
    expect(() => chooseSteps('build,push')).toThrow(/no step push; there are build, apps, compose/);
  });
});

describe('what speaks against the images', () => {
  const sound = { app: 'forecaster', readySeconds: 1, bareReadySeconds: 1, parts: 9, faults: [] };
  const build = { megabytesBeyondBase: { forecaster: 35 }, notRefused: [] };
  const apps = { stackSources: ['container', 'container'], stackSeconds: 9, apps: [sound] };
  const walked = { homesShown: 1, filled: 1, warmHits: 1, hiddenAfterSeconds: 1 };
  const compose = { upSeconds: 30, walked, stopCodes: { forecaster: 0 }, left: [] };

  test('is nothing when all is well, also of steps that were not asked for', () => {
    expect(faultsOf({ build, apps, compose })).toEqual([]);
    expect(faultsOf({})).toEqual([]);
  });

  test.each([
    ['a planted fault that passed', { build: { ...build, notRefused: ['runs-as-root'] } }, /fault runs-as-root/],
    ['a server that was a local process', { apps: { ...apps, stackSources: ['local'] } }, /took a server from local/],
    [
      'an app that can write to its root',
      { apps: { ...apps, apps: [{ ...sound, faults: ['can write to /'] }] } },
      /^forecaster: can write to \/$/,
    ],
    ['an app that was killed', { compose: { ...compose, stopCodes: { forecaster: 137 } } }, /forecaster .* with 137/],
    ['a network that stayed', { compose: { ...compose, left: ['net-1'] } }, /left net-1 behind/],
  ])('%s', (_what, found, fault) => {
    expect(faultsOf(found)).toEqual([expect.stringMatching(fault)]);
  });

  test.each([
    ['in time', 1.9, 0.5, 0],
    ['late, as the bare process is', 4, 3.5, 0],
    ['late where the bare process is not', 4, 1, 1],
  ])('a start that is %s', (_what, contained, bare, faults) => {
    expect(startFaults(contained, bare)).toHaveLength(faults);
  });
});

describe('the eye inside', () => {
  const seen = { user: 1000, group: 1000, writable: ['/tmp'] };

  test('finds nothing in a container as it should be', () => {
    expect(lookFaults(JSON.stringify(seen))).toEqual([]);
  });

  test.each([
    ['root', { ...seen, user: 0 }, /^runs as 0:1000$/],
    ['the group of root', { ...seen, group: 0 }, /^runs as 1000:0$/],
    ['a root that can be written', { ...seen, writable: ['/', '/app', '/tmp'] }, /^can write to \/, \/app$/],
    ['that it could write nowhere, and so knows nothing', { ...seen, writable: [] }, /^cannot write to \/tmp/],
  ])('tells of %s', (_what, look, fault) => {
    expect(lookFaults(JSON.stringify(look))).toEqual([expect.stringMatching(fault)]);
  });
});

describe('what is in an image and in no list of parts', () => {
  const listed = {
    components: [
      { name: 'kafkajs', version: '2.2.4' },
      { group: '@lmdb', name: 'lmdb-linux-x64', version: '3.5.6' },
    ],
  };

  test('is nothing when each package is listed, one with a scope too', () => {
    const installed = [
      { name: 'kafkajs', version: '2.2.4' },
      { name: '@lmdb/lmdb-linux-x64', version: '3.5.6' },
      { name: 'only-a-folder-mark' },
    ];
    expect(unlisted(listed, installed)).toEqual([]);
  });

  test('is told by name and version, another version of a listed one too', () => {
    const installed = [
      { name: 'stowaway', version: '1.0.0' },
      { name: 'kafkajs', version: '2.2.5' },
    ];
    expect(unlisted(listed, installed)).toEqual(['kafkajs@2.2.5', 'stowaway@1.0.0']);
  });
});
