import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ImageError } from './image-error.ts';

/** The folder that holds the whole repository. */
export const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** One thing that becomes an image, `porchlight/<name>`. */
export interface ImageApp {
  readonly name: string;
  /** What Node runs, from the top of the repository. */
  readonly script: string;
  /** `app`: serves until it is stopped, and says on its own port how it is. `command`: runs once and ends. */
  readonly kind: 'app' | 'command';
}

/** Not apps, and wanted in a cluster (the command line) or on one machine of containers all the same. */
const tools: readonly ImageApp[] = [
  { name: 'upstream-simulator', script: 'tools/upstream-simulator/src/main.ts', kind: 'app' },
  { name: 'cli', script: 'tools/cli/src/main.ts', kind: 'command' },
  { name: 'city', script: 'tools/city/src/main.ts', kind: 'command' },
];

/** Every app of the repository and the two tools; an app that is made tomorrow is among them by itself. */
export function imageApps(root: string = repository): ImageApp[] {
  const apps = readdirSync(join(root, 'apps'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'apps', entry.name, 'main.ts')))
    .map(({ name }): ImageApp => ({ name, script: `apps/${name}/main.ts`, kind: 'app' }));
  return [...apps.sort((a, b) => a.name.localeCompare(b.name)), ...tools];
}

/**
 * The apps that a command line names.
 *
 * @param name  one of them, or `all`
 * @throws {ImageError} APP_UNKNOWN with the list of those that there are
 */
export function chosenApps(name: string, all: readonly ImageApp[] = imageApps()): readonly ImageApp[] {
  if (name === 'all') return all;
  const found = all.filter((app) => app.name === name);
  if (found.length > 0) return found;
  throw new ImageError(
    'APP_UNKNOWN',
    `there is no app ${name}; there are ${all.map((app) => app.name).join(', ')}, and all`,
  );
}
