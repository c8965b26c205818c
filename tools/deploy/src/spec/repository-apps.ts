import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeployError } from '../deploy-error.ts';
import { readSpec, type DeployedApp } from './deploy-spec.ts';

/** The folder that holds the whole repository. */
export const repository = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * Every app of the repository, in order of name.
 *
 * @throws {DeployError} SPEC_INVALID: an app has no deploy.yaml, or one that does not fit
 */
export function appsOf(root: string = repository): DeployedApp[] {
  const names = readdirSync(join(root, 'apps'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'apps', entry.name, 'main.ts')))
    .map(({ name }) => name)
    .sort();
  return names.map((name) => {
    const file = join(root, 'apps', name, 'deploy.yaml');
    if (!existsSync(file)) throw new DeployError('SPEC_INVALID', `apps/${name} has no deploy.yaml`);
    return readSpec(name, readFileSync(file, 'utf8'));
  });
}
