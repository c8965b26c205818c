import { ImageError } from '../image-error.ts';

/** One place in `packages` of a package-lock.json, version 3. */
export interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  /** True for a workspace's link; `resolved` is then its folder. */
  readonly link?: boolean;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** What of a package-lock.json is read. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const INSIDE = '/node_modules/';

/** The folders in which Node looks, from the inside out: `a/node_modules/b`, then `a`, then the top. */
function foldersAbove(place: string): string[] {
  const folders = [place];
  let rest = place;
  while (rest !== '') {
    const cut = Math.max(rest.lastIndexOf(INSIDE), 0);
    rest = rest.slice(0, cut);
    folders.push(rest);
  }
  return [...new Set(folders)];
}

/**
 * Where a package is found that somebody at `from` asks for, as Node finds it.
 *
 * @param from  a place in the lock file: '' is the top, `libs/geo` a workspace, `node_modules/pino` a package
 * @returns its place (a workspace's folder for a link), or undefined if it is not installed there
 */
export function placeOf({ packages }: LockFile, name: string, from: string): string | undefined {
  for (const folder of foldersAbove(from)) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}${INSIDE}${name}`;
    const found = packages[place];
    if (found) return found.link ? found.resolved : place;
  }
  return undefined;
}

/** The name of the package at a place. */
export const nameAt = ({ packages }: LockFile, place: string): string =>
  packages[place]?.name ?? (place.split('node_modules/').at(-1) as string);

/** The place of the package or workspace that a file belongs to; both from the top of the repository. */
export function placeOfFile(lock: LockFile, file: string): string {
  const packageFolder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
  const place = packageFolder ?? file.split('/').slice(0, 2).join('/');
  if (lock.packages[place]) return place;
  throw new ImageError('LOCK_LACKS', `${file} belongs to nothing that package-lock.json knows: run npm install`);
}
