import { stripTypeScriptTypes } from 'node:module';

/** A module of the same project, by its file: the only specifiers that end in .ts. */
const OWN_SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"\n]*)\.ts\2/g;

/**
 * TypeScript as JavaScript, with every line and column where it was: types become blanks, and `.ts` is as long as `.js`. So
 * a stack trace names the place in the source.
 *
 * @throws {SyntaxError} on what cannot be blanked: enums, namespaces, parameter properties
 */
export const strippedSource = (source: string): string =>
  stripTypeScriptTypes(source).replace(OWN_SPECIFIER, '$1$2$3.js$2');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly exports?: Readonly<Record<string, string>>;
}

/** What Node needs of a package.json to find the stripped modules. */
export function strippedManifest(source: string): string {
  const { name, version, type, exports } = JSON.parse(source) as Manifest;
  const stripped = (file: string): string => file.replace(/\.ts$/, '.js');
  const doors = exports && Object.fromEntries(Object.entries(exports).map(([path, file]) => [path, stripped(file)]));
  return JSON.stringify({ name, version, type, exports: doors }, null, 2);
}
