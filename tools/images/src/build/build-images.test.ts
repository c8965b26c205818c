import { describe, expect, test } from '@jest/globals';
import type { Docker } from '../engine/docker.ts';
import { buildImage } from './build-images.ts';

const base = { root: '/nowhere', tag: 'local', baseImage: 'base:1', version: '1.2.3', revision: 'abc' };

const sound = {
  User: '1000:1000',
  Entrypoint: ['node', '/app/main.js'],
  StopSignal: 'SIGTERM',
  Healthcheck: { Test: ['CMD', 'node', '/app/health.js'] },
  Labels: Object.fromEntries(
    ['title', 'description', 'licenses', 'version', 'revision', 'base.name'].map((name) => [
      `org.opencontainers.image.${name}`,
      'x',
    ]),
  ),
};

/** An engine in which every image has a size, and all the same settings. */
function engineWith(sizes: Record<string, number>, config: object = sound): { docker: Docker; asked: string[][] } {
  const asked: string[][] = [];
  const docker: Docker = {
    client: 'docker',
    environment: {},
    run: async (args) => (asked.push([...args]), ''),
    imageField: async (image, field) => (field === '{{.Size}}' ? String(sizes[image]) : JSON.stringify(config)),
  };
  return { docker, asked };
}

describe('building an image', () => {
  test('names the app, the base and the commit, and tells what the image adds to its base', async () => {
    const { docker, asked } = engineWith({ 'base:1': 200_000_000, 'porchlight/forecaster:local': 230_500_000 });
    const built = await buildImage(docker, { name: 'forecaster', script: 'x', kind: 'app' }, base);
    expect(built).toMatchObject({ image: 'porchlight/forecaster:local', ownMegabytes: 30.5 });
    expect(asked).toEqual([
      [
        ...['build', '--progress', 'plain', '--file', 'deploy/docker/Dockerfile', '--target', 'app'],
        ...[
          '--tag',
          'porchlight/forecaster:local',
          '--build-arg',
          'APP=forecaster',
          '--build-arg',
          'BASE_IMAGE=base:1',
        ],
        ...['--build-arg', 'VERSION=1.2.3', '--build-arg', 'REVISION=abc', '.'],
      ],
    ]);
  });

  test('is refused when what was built runs as root', async () => {
    const { docker } = engineWith({ 'base:1': 1, 'porchlight/cli:local': 2 }, { ...sound, User: 'root' });
    await expect(buildImage(docker, { name: 'cli', script: 'x', kind: 'command' }, base)).rejects.toMatchObject({
      code: 'IMAGE_REFUSED',
    });
  });

  test('is refused above 130 MB of its own', async () => {
    const { docker } = engineWith({ 'base:1': 200_000_000, 'porchlight/cli:local': 330_000_001 });
    await expect(buildImage(docker, { name: 'cli', script: 'x', kind: 'command' }, base)).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
  });
});
