import type { Tree } from '@nx/devkit';
import { manifestOf } from './files/wiring-files.ts';
import type { AppPlan } from './app-plan.ts';

const FILE = 'package-lock.json';

interface Lock {
  packages: Record<string, object>;
}

/** As npm sorts a lock. */
const sorted = <V>(entries: Readonly<Record<string, V>>): Record<string, V> =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => a.localeCompare(b, 'en')));

/**
 * The two entries that npm would make for a workspace: `npm ci` refuses a lock without them, and the app brings no package that
 * is not there already, so no registry has to be asked.
 */
export function addLockEntries(tree: Tree, plan: AppPlan): void {
  const { name, version, license, dependencies } = manifestOf(plan);
  const lock = JSON.parse(tree.read(FILE, 'utf8') ?? '') as Lock;
  const folder = `apps/${plan.name}`;
  lock.packages[`node_modules/${name}`] = { resolved: folder, link: true };
  lock.packages[folder] = { name, version, license, dependencies };
  lock.packages = sorted(lock.packages);
  tree.write(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}
