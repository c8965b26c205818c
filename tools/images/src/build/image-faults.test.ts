import { describe, expect, test } from '@jest/globals';
import type { Docker } from '../engine/docker.ts';
import { checkImage, imageFaultsOf, type ImageConfig } from './image-faults.ts';

const labels = ['title', 'description', 'licenses', 'version', 'revision', 'base.name'];
const sound: ImageConfig = {
  User: '1000:1000',
  Entrypoint: ['node', '/app/main.js'],
  StopSignal: 'SIGTERM',
  Healthcheck: { Test: ['CMD', 'node', '/app/health.js'] },
  Labels: Object.fromEntries(labels.map((name) => [`org.opencontainers.image.${name}`, 'something'])),
};

describe('an image', () => {
  test('as the Dockerfile makes it has no fault', () => {
    expect(imageFaultsOf(sound, 'app')).toEqual([]);
  });

  test('that runs once and ends needs no health check', () => {
    expect(imageFaultsOf({ ...sound, Healthcheck: null }, 'command')).toEqual([]);
  });

  test.each<[string, ImageConfig, RegExp]>([
    ['of nobody in particular, which is root', { ...sound, User: '' }, /^runs as ""/],
    ['of root', { ...sound, User: '0:0' }, /^runs as "0:0"/],
    ['of root by name', { ...sound, User: 'root' }, /^runs as "root"/],
    ['of a user by name, which Kubernetes cannot tell from root', { ...sound, User: 'node' }, /^runs as "node"/],
    ['of a plain user in the group of root', { ...sound, User: '1000:0' }, /^runs as "1000:0"/],
    ['without a health check', { ...sound, Healthcheck: null }, /^has no health check/],
    ['whose health check was taken away', { ...sound, Healthcheck: { Test: ['NONE'] } }, /^has no health check/],
    ['whose health check needs a shell', { ...sound, Healthcheck: { Test: ['CMD-SHELL', 'true'] } }, /^has no health/],
    [
      'with a shell between it and SIGTERM',
      { ...sound, Entrypoint: ['sh', '-c', 'node /app/main.js'] },
      /^starts with \["sh"/,
    ],
    ['with the entrypoint of its base', { ...sound, Entrypoint: null }, /^starts with null/],
    ['stopped by another signal', { ...sound, StopSignal: 'SIGKILL' }, /^is stopped by "SIGKILL"/],
    ['without labels', { ...sound, Labels: null }, /^lacks the labels title, .*, base\.name$/],
    [
      'with an empty revision',
      { ...sound, Labels: { ...sound.Labels, 'org.opencontainers.image.revision': '' } },
      /revision$/,
    ],
  ])('%s is refused for that alone', (_what, config, fault) => {
    expect(imageFaultsOf(config, 'app')).toEqual([expect.stringMatching(fault)]);
  });

  test('is refused with everything that is wrong at once', async () => {
    const docker = {
      imageField: async () => JSON.stringify({ ...sound, User: '', Healthcheck: null }),
    } as Partial<Docker> as Docker;
    await expect(checkImage(docker, 'porchlight/forecaster:local', 'app')).rejects.toMatchObject({
      code: 'IMAGE_REFUSED',
      message: expect.stringMatching(/^porchlight\/forecaster:local runs as .*; has no health check/),
    });
  });

  test('that is not there is refused', async () => {
    const docker = { imageField: async () => undefined } as Partial<Docker> as Docker;
    await expect(checkImage(docker, 'porchlight/nobody:local', 'app')).rejects.toMatchObject({ code: 'IMAGE_REFUSED' });
  });
});
