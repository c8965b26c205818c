import { ImageError } from '../image-error.ts';
import { placeOf, type LockedPackage, type LockFile } from './lock-file.ts';

/** A package that a bundle asks for when it runs, and the place from which it asks. */
export interface Wanted {
  readonly name: string;
  readonly from: string;
}

export interface InstallFiles {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly lock: Readonly<Record<string, unknown>>;
  /** Of the lock file that it was taken from. */
  readonly places: readonly string[];
  /** Where each of them goes beside the bundle, and whether a machine of another kind does without. */
  readonly targets: readonly { readonly place: string; readonly target: string; readonly optional: boolean }[];
}

/** Said of a place by how the repository came to it, and not by how the image does. */
const OF_THE_REPOSITORY = ['dev', 'devOptional', 'peer', 'extraneous', 'optional'];

const EXACT_VERSION = /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/;
const CHECKSUM = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** Where it goes in the image: a package that a workspace has for itself comes to the top. */
const targetOf = (place: string): string => place.slice(place.indexOf('node_modules/'));

interface Found {
  readonly place: string;
  readonly optional: boolean;
}

function neededBy(lock: LockFile, place: string): (Wanted & { optional: boolean })[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = lock.packages[place] ?? {};
  const of = (names: object, optional: boolean) => Object.keys(names).map((name) => ({ name, from: place, optional }));
  const peers = Object.keys(peerDependencies).filter((name) => placeOf(lock, name, place) !== undefined);
  return [
    ...of(dependencies, false).filter(({ name }) => !(name in optionalDependencies)),
    ...of(optionalDependencies, true),
    ...peers.map((name) => ({ name, from: place, optional: true })),
  ];
}

/** Every place that is reached; one that is reached both ways is needed. */
function reachedFrom(lock: LockFile, wanted: readonly Wanted[]): Map<string, Found> {
  const found = new Map<string, Found>();
  const queue = wanted.map((each) => ({ ...each, optional: false }));
  for (let each = queue.shift(); each; each = queue.shift()) {
    const { name, from } = each;
    const place = placeOf(lock, name, from);
    if (place === undefined) {
      if (each.optional) continue;
      throw new ImageError('LOCK_LACKS', `${from || 'the repository'} needs ${name}, which package-lock.json lacks`);
    }
    const before = found.get(place);
    if (before && (!before.optional || each.optional)) continue;
    found.set(place, { place, optional: each.optional });
    const { optional } = each;
    queue.push(...neededBy(lock, place).map((next) => ({ ...next, optional: next.optional || optional })));
  }
  return found;
}

/**
 * A place as it is written down. Parts for other systems that our lock file does not know are not asked for: npm would look
 * them up anew, and then say that the lock file lacks them.
 */
function asTarget(lock: LockFile, { place, optional }: Found): LockedPackage {
  const { optionalDependencies, ...entry } = lock.packages[place] ?? {};
  const kept = Object.entries(entry).filter(([field]) => !OF_THE_REPOSITORY.includes(field));
  const known = Object.entries(optionalDependencies ?? {}).filter(([name]) => placeOf(lock, name, place) !== undefined);
  return {
    ...(Object.fromEntries(kept) as LockedPackage),
    ...(known.length > 0 ? { optionalDependencies: Object.fromEntries(known) } : {}),
    ...(optional ? { optional: true } : {}),
  };
}

/** An exact version and the checksum of what it was: without either, an image of tomorrow would not be that of today. */
function checkPinned(place: string, { version = '', integrity = '' }: LockedPackage): void {
  if (EXACT_VERSION.test(version) && CHECKSUM.test(integrity)) return;
  throw new ImageError(
    'NOT_PINNED',
    `${place} stands in package-lock.json with the version "${version}" and the checksum "${integrity}": both must be exact`,
  );
}

/**
 * A package.json and its lock file that install exactly what is wanted, at the versions and with the checksums of ours.
 *
 * @param app  the name of the image, for the manifest
 * @throws {ImageError} LOCK_LACKS for what is not installed; NOT_PINNED for what has no exact version or no checksum; LOCK_CONFLICT where two versions would come to one place
 */
export function installFilesOf(lock: LockFile, wanted: readonly Wanted[], app: string): InstallFiles {
  const found = [...reachedFrom(lock, wanted).values()].sort((a, b) => (a.place < b.place ? -1 : 1));
  const packages: Record<string, LockedPackage> = {};
  for (const each of found) {
    const target = targetOf(each.place);
    const entry = asTarget(lock, each);
    checkPinned(each.place, entry);
    if (packages[target] !== undefined && packages[target].version !== entry.version)
      throw new ImageError('LOCK_CONFLICT', `${target} would be both ${packages[target].version} and ${entry.version}`);
    packages[target] = entry;
  }
  const names = [...new Set(wanted.map(({ name }) => name))].sort();
  const versions = names.map((name) => [name, packages[`node_modules/${name}`]?.version]);
  const dependencies = Object.fromEntries(versions) as Record<string, string>;
  const top = { name: `porchlight-${app}`, version: '0.1.0', license: 'Apache-2.0', dependencies };
  return {
    manifest: { ...top, private: true, type: 'module' },
    lock: {
      name: top.name,
      version: top.version,
      lockfileVersion: 3,
      requires: true,
      packages: { '': top, ...packages },
    },
    places: found.map(({ place }) => place),
    targets: found.map(({ place, optional }) => ({ place, target: targetOf(place), optional })),
  };
}
