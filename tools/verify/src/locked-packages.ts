import satisfies from 'spdx-satisfies';

/** A row of package-lock.json (version 3), as far as it is judged here. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}

/** Licences that let a user of ours do what ours lets him do (SPDX). */
const LICENCES_ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
  'Zlib',
];

/** Packages whose manifest does not name its licence in today's form, with what their LICENSE file says. */
const LICENCES_READ: Readonly<Record<string, string>> = {
  '@kafkajs/confluent-schema-registry@4.1.0': 'MIT',
  'buildcheck@0.0.7': 'MIT',
  'cpu-features@0.0.10': 'MIT',
  'ssh2@1.17.0': 'MIT',
};

const isAllowed = (licence: string): boolean => {
  try {
    return satisfies(licence, LICENCES_ALLOWED);
  } catch {
    return false;
  }
};

function problemsOf(path: string, found: LockedPackage): string[] {
  const name = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${found.version ?? ''}`;
  const licence = found.license ?? LICENCES_READ[name];
  return [
    ...(licence === undefined
      ? [`${name}: no licence is named; read its LICENSE file and add it to LICENCES_READ`]
      : []),
    ...(licence !== undefined && !isAllowed(licence) ? [`${name}: the licence ${licence} is not allowed`] : []),
    ...(/^sha512-/.test(found.integrity ?? '') ? [] : [`${name}: no sha512 integrity`]),
    ...(found.resolved === undefined ? [] : [`${name}: locked to an address; the lock names none (.npmrc)`]),
  ];
}

/**
 * What is wrong with the packages that a lock file names.
 *
 * @param packages  `packages` of package-lock.json, version 3: by path, `node_modules/...` for what is installed
 * @returns one line for each fault; empty: all are whole and free to use
 */
export const lockProblems = (packages: Readonly<Record<string, LockedPackage>>): string[] =>
  Object.entries(packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .flatMap(([path, found]) => problemsOf(path, found));
