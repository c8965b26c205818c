import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { repositoryFolder } from '@porchlight/stack';
import { findBuild, type BuildOptions } from './build-apps.ts';
import { FleetError } from './fleet-error.ts';

const BUILD_MS_MAX = 60_000;

export const buildOptions: BuildOptions = {
  root: repositoryFolder,
  folder: join(repositoryFolder, '.porchlight', 'build'),
};

/**
 * The build of the sources as they are now. One that is missing is made by a process of its own: stripping is
 * experimental, and Node would say so in the middle of our lines.
 *
 * @throws {FleetError} BUILD_FAILED with what the build says
 */
export async function builtApps(): Promise<string> {
  const { folder, isThere } = await findBuild(buildOptions);
  if (isThere) return folder;
  const script = fileURLToPath(new URL('./build.ts', import.meta.url));
  const building = promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    timeout: BUILD_MS_MAX,
  });
  const { stdout } = await building.catch((error: unknown) => {
    const { stderr = '' } = error as { stderr?: string };
    throw new FleetError('BUILD_FAILED', `the apps cannot be built:\n${stderr.trim() || String(error)}`);
  });
  return stdout.trim();
}
