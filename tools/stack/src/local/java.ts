import { join } from 'node:path';
import { javaWheel } from '../download/pins.ts';
import { findProgram, type FoundProgram } from './find-program.ts';

/** The registry's classes need 21; one Java serves both. */
const JAVA_MAJOR_MIN = 21;

/** The major version in what `java -version` prints; undefined when it prints none. `1.8.0` is 8. */
export function javaMajorOf(printed: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(printed) ?? [];
  if (first === undefined) return undefined;
  return first === '1' ? Number(second) : Number(first);
}

/** What runs Kafka and the registry. */
export type Java = FoundProgram;

/** A Java of version 21 or newer: of JAVA_HOME, then of PATH. @throws as `findProgram` */
export function findJava(downloads: string, report: (detail: string) => void): Promise<Java> {
  const home = process.env.JAVA_HOME;
  const atHome = home ? [{ command: join(home, 'bin', 'java'), where: 'in JAVA_HOME' }] : [];
  const wanted = {
    oldest: `java ${JAVA_MAJOR_MIN}`,
    places: [...atHome, { command: 'java', where: 'on PATH' }],
    versionFlag: '-version',
    versionTimeoutMs: 15_000,
    versionOf(printed: string) {
      const major = javaMajorOf(printed);
      return major !== undefined && major >= JAVA_MAJOR_MIN ? String(major) : undefined;
    },
    wheel: javaWheel,
  };
  return findProgram(wanted, downloads, report);
}
