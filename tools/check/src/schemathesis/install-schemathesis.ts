import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloadsFolder, unpackOnce } from '@porchlight/stack';
import type { Say } from '../check.ts';
import { runPython } from './run-python.ts';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const INSTALL_MS = 5 * 60_000;
const VERSION_MS = 10_000;
const PYTHON_MIN = [3, 11] as const;

/**
 * schemathesis and all it needs, each file of the version and the sum that requirements.txt says; fetched by pip once, for this
 * Python (some of it is compiled).
 *
 * @returns the folder for PYTHONPATH
 * @throws if there is no Python 3.11, or pip cannot fetch what is asked for
 */
export async function installSchemathesis(say: Say, signal: AbortSignal): Promise<string> {
  const version = await pythonVersion(signal);
  const requirements = await readFile(REQUIREMENTS, 'utf8');
  const sha256 = createHash('sha256').update(requirements).digest('hex');
  const folder = join(downloadsFolder(), `schemathesis-python${version}`);
  await unpackOnce(folder, { sha256, what: 'schemathesis' }, async (part) => {
    say('schemathesis: fetching it with python3 -m pip');
    const how = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary=:all:', '--target', part];
    const args = ['-m', 'pip', 'install', ...how, '-r', REQUIREMENTS];
    const { code, output } = await runPython(args, { timeoutMs: INSTALL_MS, signal });
    if (code === 0) return;
    throw new Error(`python3 -m pip could not fetch schemathesis: ${output.trim().split('\n').slice(-3).join(' / ')}`);
  });
  return folder;
}

/** @returns `3.11` */
async function pythonVersion(signal: AbortSignal): Promise<string> {
  const ask = 'import sys; print("%d.%d" % sys.version_info[:2])';
  const { code, output } = await runPython(['-c', ask], { timeoutMs: VERSION_MS, signal });
  const version = output.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = PYTHON_MIN;
  if (code !== 0 || major < majorMin || (major === majorMin && minor < minorMin)) {
    throw new Error(`schemathesis needs Python ${PYTHON_MIN.join('.')} or newer as python3, there is ${version}`);
  }
  return version;
}
