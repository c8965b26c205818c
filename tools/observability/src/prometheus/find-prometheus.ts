import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { downloadsFolder, reasonOf, unpackOnce } from '@porchlight/stack';

const run = promisify(execFile);

/**
 * Prometheus and promtool, as Debian packs them: one file, no root needed, no service started. The pin is what the tests
 * were written on; Debian replaces a version when it mends one, so another of the same minor is taken too, which apt has
 * verified by the archive's signature.
 */
const PIN = {
  version: '2.42.0+ds-5+deb12u1',
  architecture: 'amd64',
  sha256: '81d59a24fce84f7fbe97a45a4f2914b6a5881b5cd1db2a6a0e129e515e1a5f55',
};
const MINOR = '2.42.';
const APT_MS = 120_000;
const PROBE_MS = 10_000;

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
  /** Where they are from, for a person. */
  readonly reason: string;
}

/** There is no promtool here and none can be fetched: what needs it has not been checked. */
export class PrometheusMissing extends Error {
  readonly code = 'PROMETHEUS_MISSING';
  constructor(reason: string) {
    super(
      `no promtool of ${MINOR}x or newer on PATH, and apt cannot fetch Debian's package prometheus (${reason}). ` +
        'Not checked without it: the unit tests of the alerts, and the queries of the dashboards. Install prometheus, or put prometheus and promtool on PATH.',
    );
  }
}

const versionOf = async (program: string): Promise<[number, number] | undefined> => {
  const said = await run(program, ['--version'], { timeout: PROBE_MS }).catch(() => undefined);
  const [, major, minor] = /version (\d+)\.(\d+)\./.exec(said === undefined ? '' : said.stdout + said.stderr) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
};

/** `keep_firing_for` came with 2.42. */
const isNewEnough = ([major, minor]: [number, number]): boolean => major > 2 || (major === 2 && minor >= 42);

async function onPath(): Promise<PrometheusPrograms | undefined> {
  const versions = await Promise.all(['prometheus', 'promtool'].map(versionOf));
  const [version] = versions;
  if (version === undefined || !versions.every((each) => each !== undefined && isNewEnough(each))) return undefined;
  return { prometheus: 'prometheus', promtool: 'promtool', reason: `${version.join('.')} on PATH` };
}

/** Lists of our own, where the machine has none: `apt-get update` without being root. */
async function aptOptions(folder: string): Promise<string[]> {
  const lists = join(folder, 'lists');
  const cache = join(folder, 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  return ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`];
}

async function download(folder: string): Promise<string> {
  const fetch = (options: string[], what: string) =>
    run('apt-get', [...options, 'download', what], { cwd: folder, timeout: APT_MS });
  try {
    await fetch([], `prometheus=${PIN.version}`).catch(() => fetch([], 'prometheus'));
  } catch {
    const options = await aptOptions(folder);
    await run('apt-get', [...options, 'update'], { timeout: APT_MS });
    await fetch(options, 'prometheus');
  }
  const file = (await readdir(folder)).find((name) => name.startsWith('prometheus_') && name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get ended well but left no package');
  return file;
}

/** @throws {Error} where it is the pinned file by its name, and is not by its bytes */
async function refuseOther(folder: string, file: string): Promise<void> {
  const [, version = ''] = file.replaceAll('%3a', ':').split('_');
  if (!version.startsWith(MINOR))
    throw new Error(`Debian has ${version} here, and the tests are written for ${MINOR}x`);
  const sha256 = createHash('sha256')
    .update(await readFile(join(folder, file)))
    .digest('hex');
  if (file.includes(`_${PIN.version}_${PIN.architecture}.`) && sha256 !== PIN.sha256) {
    throw new Error(`what arrived as ${file} is not what is pinned: SHA-256 ${sha256}`);
  }
}

/**
 * Prometheus and promtool: those on PATH, else Debian's, fetched once into the folder of downloads.
 *
 * @throws {PrometheusMissing} where neither can be had
 */
export async function findPrometheus(downloads = downloadsFolder()): Promise<PrometheusPrograms> {
  const found = await onPath();
  if (found !== undefined) return found;
  const folder = join(downloads, `prometheus-${PIN.version.replace(/[^0-9.]+.*/, '')}`);
  await unpackOnce(folder, { sha256: PIN.sha256, what: 'Prometheus (Debian)' }, async (part) => {
    const file = await download(part);
    await refuseOther(part, file);
    await run('dpkg-deb', ['-x', join(part, file), part], { timeout: APT_MS });
    await Promise.all(
      [file, 'lists', 'cache', 'etc', 'lib', 'var', 'usr/share'].map((name) =>
        rm(join(part, name), { recursive: true, force: true }),
      ),
    );
  }).catch((cause: unknown) => {
    throw new PrometheusMissing(reasonOf(cause));
  });
  const bin = join(folder, 'usr', 'bin');
  return { prometheus: join(bin, 'prometheus'), promtool: join(bin, 'promtool'), reason: "Debian's package" };
}
