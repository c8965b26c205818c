import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DeployError } from '../deploy-error.ts';
import { appsOf, repository } from '../spec/repository-apps.ts';
import { baseFiles, type BaseFiles } from './base-files.ts';
import { ruleObjects } from './rule-files.ts';

const BASE = 'deploy/k8s/base';

/** @returns the base as it must stand */
export const wantedBase = (root: string = repository): BaseFiles => baseFiles(appsOf(root), ruleObjects(root));

/** @returns the base as it stands on the disk */
export function standingBase(root: string = repository): BaseFiles {
  const folder = join(root, BASE);
  if (!existsSync(folder)) return {};
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}

/** @returns the paths that differ between what must stand and what stands, in order of name */
export function differences(wanted: BaseFiles, standing: BaseFiles): string[] {
  const paths = new Set([...Object.keys(wanted), ...Object.keys(standing)]);
  return [...paths].filter((path) => wanted[path] !== standing[path]).sort();
}

/** Writes what differs and removes what nobody wants any more. @returns the paths that changed */
export function writeBase(root: string = repository): string[] {
  const wanted = wantedBase(root);
  const changed = differences(wanted, standingBase(root));
  for (const path of changed) {
    const file = join(root, BASE, path);
    const text = wanted[path];
    if (text === undefined) rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }
  return changed;
}

/** @throws {DeployError} MANIFESTS_DIFFER, naming the files */
export function checkBase(root: string = repository): void {
  const changed = differences(wantedBase(root), standingBase(root));
  if (changed.length === 0) return;
  const list = changed.map((path) => `  ${BASE}/${path}`).join('\n');
  throw new DeployError(
    'MANIFESTS_DIFFER',
    `${changed.length} files are not as apps/*/deploy.yaml and the code say:\n${list}\nrun: node tools/deploy/src/main.ts generate`,
  );
}
