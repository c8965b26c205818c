import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError } from '../image-error.ts';

/** What images stand on unless they are released: whatever the tag names today. */
export const BASE_IMAGE = 'node:24-bookworm-slim';

/** Beside the Dockerfile; one line, a Node 24 image by its digest. Whoever releases keeps it up to date. */
export const PIN_FILE = join('deploy', 'docker', 'base-image.release');

const PINNED = /^[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}$/;

/**
 * The base image of a release, by digest: a tag may name other bytes tomorrow.
 *
 * @param text  of the pin file; lines that begin with # are comments. Undefined: there is none
 * @throws {ImageError} BASE_NOT_PINNED
 */
export function pinnedBase(text: string | undefined): string {
  const lines = (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [image = ''] = lines;
  if (lines.length === 1 && PINNED.test(image)) return image;
  throw new ImageError(
    'BASE_NOT_PINNED',
    `a release stands on a base image by its digest: write one line image@sha256:<64 hex digits> into ${PIN_FILE}`,
  );
}

/** @throws {ImageError} BASE_NOT_PINNED, for a release */
export function baseImageOf({ root, release }: { root: string; release: boolean }): string {
  if (!release) return process.env.BASE_IMAGE || BASE_IMAGE;
  const file = join(root, PIN_FILE);
  return pinnedBase(existsSync(file) ? readFileSync(file, 'utf8') : undefined);
}
