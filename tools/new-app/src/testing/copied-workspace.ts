import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './repository.ts';

const execute = promisify(execFile);

/** What is printed, for an assertion to show. */
const OUTPUT_BYTES_MAX = 16 * 1_048_576;
const RUN_MS_MAX = 240_000;

/** A copy of the repository that may be changed and thrown away. */
export interface CopiedWorkspace {
  readonly folder: string;
  /**
   * Runs a script of an installed package, on the Node of this process.
   *
   * @param script  its path in node_modules
   * @returns what it printed @throws {Error} with all of it unless it ended with 0
   */
  run(script: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string>;
  remove(): void;
}

/** Every file that git tracks or would track. */
const trackedFiles = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: repository, encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(repository, file)));

/** A workspace has packages of its own where another version lies at the top. */
const ownPackages = (): string[] =>
  ['apps', 'libs', 'tools']
    .flatMap((kind) => readdirSync(join(repository, kind)).map((name) => join(kind, name, 'node_modules')))
    .filter((path) => existsSync(join(repository, path)));

/** Installed packages are linked one by one; ours are linked into the copy, or the copy would run the original's sources. */
function linkPackages(folder: string): void {
  const [from, to] = [join(repository, 'node_modules'), join(folder, 'node_modules')];
  mkdirSync(to);
  for (const name of readdirSync(from).filter((each) => each !== '@porchlight' && each !== '.cache'))
    symlinkSync(join(from, name), join(to, name));
  mkdirSync(join(to, '@porchlight'));
  for (const name of readdirSync(join(from, '@porchlight')))
    symlinkSync(readlinkSync(join(from, '@porchlight', name)), join(to, '@porchlight', name));
  for (const own of ownPackages()) symlinkSync(join(repository, own), join(folder, own));
}

function copyTo(folder: string): void {
  for (const file of trackedFiles()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(repository, file), join(folder, file));
  }
  linkPackages(folder);
  // Rules that read the repository ask git what is in it.
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
}

const textOf = (error: unknown): string => {
  const { stdout = '', stderr = '', message = '' } = error as { stdout?: string; stderr?: string; message?: string };
  return `${message}\n${stdout}\n${stderr}`;
};

/** @returns the repository as it is on the disk, in a folder of its own */
export function copyWorkspace(): CopiedWorkspace {
  const folder = mkdtempSync(join(tmpdir(), 'porchlight-new-app-'));
  copyTo(folder);
  return {
    folder,
    async run(script, args, environment = {}) {
      // What it prints is compared: a CI server, or somebody's FORCE_COLOR, would put colours between the words.
      const { FORCE_COLOR: _asked, ...ours } = process.env;
      const plain = { NO_COLOR: '1', NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: '', NODE_OPTIONS: '' };
      const env = { ...ours, ...plain, ...environment };
      const options = { cwd: folder, env, timeout: RUN_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX };
      try {
        const { stdout, stderr } = await execute(process.execPath, [join('node_modules', script), ...args], options);
        return stdout + stderr;
      } catch (error) {
        throw new Error(`${script} ${args.join(' ')}: ${textOf(error)}`, { cause: error });
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
