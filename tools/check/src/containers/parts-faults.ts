import { globSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkParts, type Docker } from '@porchlight/images';

const COPY_MS = 60_000;

interface Parts {
  readonly components: readonly { readonly name: string; readonly group?: string; readonly version?: string }[];
}

interface Installed {
  readonly name?: string;
  readonly version?: string;
}

/** Packages that are in an image and in no list: each as `name@version`. */
export function unlisted(listed: Parts, installed: readonly Installed[]): string[] {
  const known = new Set(
    listed.components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version ?? ''}`),
  );
  const named = installed.filter(({ name, version }) => name !== undefined && version !== undefined);
  return [...new Set(named.map(({ name, version }) => `${name}@${version}`))].filter((each) => !known.has(each)).sort();
}

/** Of each package that stands beside the bundle; a package.json deeper inside of one only says how its files are read. */
async function installedIn(folder: string): Promise<Installed[]> {
  const files = globSync('**/node_modules/{*,@*/*}/package.json', { cwd: folder });
  return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Installed));
}

/**
 * The list of parts that an image carries, against the published schema and against what really is in the image.
 *
 * @param folder  gets the files of the image
 */
export async function partsFaults(
  docker: Docker,
  image: string,
  folder: string,
): Promise<{ readonly faults: string[]; readonly parts: number }> {
  await mkdir(folder, { recursive: true });
  const id = (await docker.run(['create', image])).trim();
  try {
    await docker.run(['cp', `${id}:/app/.`, folder], { timeoutMs: COPY_MS });
  } finally {
    await docker.run(['rm', id]);
  }
  const text = await readFile(join(folder, 'parts.cdx.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return { faults: ['carries no list of its parts'], parts: 0 };
  const problem = await checkParts(text);
  if (problem !== undefined) return { faults: [`its list of parts is no CycloneDX 1.6: ${problem}`], parts: 0 };
  const listed = JSON.parse(text) as Parts;
  const missing = unlisted(listed, await installedIn(folder));
  const faults = missing.length === 0 ? [] : [`its list of parts lacks ${missing.join(', ')}`];
  return { faults, parts: listed.components.length };
}
