import { existsSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/** How our sources name a file or folder beside themselves. */
const BESIDE = /new URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g;

/** Beside the bundle; a name of its own for each, so that two folders `migrations` do not meet. */
const carriedName = (root: string, path: string): string =>
  relative(root, path)
    .replace(/[^a-zA-Z0-9.]+/g, '-')
    .replace(/^-+/, '');

/**
 * What a source finds by its own address moves with it: the bundle stands elsewhere. Without this the command line would
 * look for its migrations three folders above the image's root, and find nothing.
 */
export function carryFiles({ root, outFolder }: { root: string; outFolder: string }): Plugin {
  /** Two sources may name one folder, and esbuild reads them side by side. */
  const carried = new Map<string, Promise<void>>();
  const carry = (target: string, name: string): Promise<void> => {
    const copied = carried.get(name) ?? cp(target, join(outFolder, 'carried', name), { recursive: true });
    carried.set(name, copied);
    return copied;
  };
  return {
    name: 'carried-files',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path.includes('/node_modules/')) return undefined;
        const source = await readFile(path, 'utf8');
        const found = [...source.matchAll(BESIDE)];
        if (found.length === 0) return undefined;
        let contents = source;
        for (const [text, , beside] of found) {
          const target = resolve(dirname(path), beside as string);
          if (!existsSync(target)) continue;
          const name = carriedName(root, target);
          await carry(target, name);
          contents = contents.replace(text, `new URL('./carried/${name}', import.meta.url)`);
        }
        return { contents, loader: 'ts', resolveDir: dirname(path) };
      });
    },
  };
}
