import { describe, expect, test } from '@jest/globals';
import { ImageError } from '../image-error.ts';
import { pinnedBase } from './base-image.ts';

const digest = 'sha256:' + '0123456789abcdef'.repeat(4);
const codeOf = (text: string | undefined): string => {
  try {
    return pinnedBase(text);
  } catch (error) {
    return error instanceof ImageError ? error.code : String(error);
  }
};

describe('the base image of a release', () => {
  test('is the one line of its file', () => {
    expect(pinnedBase(`# Node 24.21.0, looked at on Monday\n\nnode:24-bookworm-slim@${digest}\n`)).toBe(
      `node:24-bookworm-slim@${digest}`,
    );
  });

  test.each([
    ['no file', undefined],
    ['an empty one', '# later\n'],
    ['a tag without a digest', 'node:24-bookworm-slim\n'],
    ['half a digest', `node@${digest.slice(0, -1)}\n`],
    ['two lines', `node@${digest}\nnode@${digest}\n`],
  ])('is refused with %s', (_what, text) => {
    expect(codeOf(text)).toBe('BASE_NOT_PINNED');
  });
});
