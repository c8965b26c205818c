import type { Docker } from '../engine/docker.ts';
import { ImageError } from '../image-error.ts';
import type { ImageApp } from '../image-apps.ts';
import { checkImage } from './image-faults.ts';

const BUILD_MS = 15 * 60_000;
const BYTES_IN_MB = 1_000_000;
/** Of what an image adds to its base. */
export const IMAGE_MB_MAX = 130;

export interface BuildOptions {
  /** The repository. */
  readonly root: string;
  readonly tag: string;
  readonly baseImage: string;
  readonly version: string;
  /** The commit. */
  readonly revision: string;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface BuiltImage {
  readonly image: string;
  readonly seconds: number;
  /** Beyond the base image. */
  readonly ownMegabytes: number;
}

const bytesOf = async (docker: Docker, image: string): Promise<number> =>
  Number(await docker.imageField(image, '{{.Size}}'));

/** @throws {ImageError} IMAGE_TOO_LARGE */
export function checkSize({ image, ownMegabytes }: Pick<BuiltImage, 'image' | 'ownMegabytes'>): void {
  if (ownMegabytes <= IMAGE_MB_MAX) return;
  throw new ImageError(
    'IMAGE_TOO_LARGE',
    `${image} adds ${ownMegabytes.toFixed(1)} MB to its base, and ${IMAGE_MB_MAX} MB are allowed: see what is beside its bundle`,
  );
}

/** @throws {ImageError} COMMAND_FAILED, IMAGE_TOO_LARGE, IMAGE_REFUSED with what is wrong in it */
export async function buildImage(docker: Docker, app: ImageApp, options: BuildOptions): Promise<BuiltImage> {
  const { root, tag, baseImage, version, revision, onLine, signal } = options;
  const image = `porchlight/${app.name}:${tag}`;
  const given = { APP: app.name, BASE_IMAGE: baseImage, VERSION: version, REVISION: revision };
  const values = Object.entries(given).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const target = ['--file', 'deploy/docker/Dockerfile', '--target', app.kind, '--tag', image];
  const beganAt = performance.now();
  await docker.run(['build', '--progress', 'plain', ...target, ...values, '.'], {
    timeoutMs: BUILD_MS,
    cwd: root,
    ...(onLine ? { onLine } : {}),
    ...(signal ? { signal } : {}),
  });
  const own = (await bytesOf(docker, image)) - (await bytesOf(docker, baseImage));
  const built = { image, seconds: (performance.now() - beganAt) / 1_000, ownMegabytes: own / BYTES_IN_MB };
  checkSize(built);
  await checkImage(docker, image, app.kind);
  return built;
}
