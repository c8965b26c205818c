import { createRequire } from 'node:module';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { extract } from 'tar';
import { reasonOf, StackError } from '../stack-error.ts';
import { verifyChecksum } from './checksum.ts';
import { kafkaVersion, registryArchive } from './pins.ts';
import { unpackOnce } from './unpack-once.ts';

interface Artifact {
  groupId: string;
  artifactId: string;
  version: string;
  classifier?: string;
  extension?: string;
}
type Download = (
  artifact: Artifact,
  folder: string,
  repository: string | undefined,
  fileName: string,
  options: { signal: AbortSignal },
) => Promise<string>;

// A CommonJS module that says `exports.default`: only require gives the same thing under Node and under Jest.
const loaded = createRequire(import.meta.url)('mvn-artifact-download') as { default: Download };

/** A download whose file has not grown for this long is given up: the client itself never does. */
const STALL_MS = 45_000;
const LOOK_MS = 1_000;
const PARALLEL_JARS = 6;
const ATTEMPTS = 3;
const JARS_PER_REPORT = 15;

type ReportBytes = (bytes: number) => void;

/** Rejects when the file stops growing; the client notices neither a silent server nor a stream that breaks off. */
function watchGrowth(
  file: string,
  abort: AbortController,
  report: ReportBytes,
): { stalled: Promise<never>; end(): void } {
  let bytes = 0;
  let grewAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_resolve, reject) => {
    const look = async () => {
      const size = await stat(file).then(
        (found) => found.size,
        () => 0,
      );
      if (size > bytes) [bytes, grewAt] = [size, performance.now()];
      report(bytes);
      if (performance.now() - grewAt < STALL_MS) return;
      abort.abort();
      reject(new Error(`nothing arrived for ${STALL_MS / 1000} s (${bytes} bytes so far)`));
    };
    timer = setInterval(() => void look(), LOOK_MS);
  });
  stalled.catch(() => undefined);
  return { stalled, end: () => clearInterval(timer) };
}

async function downloadOnce(artifact: Artifact, folder: string, fileName: string, report: ReportBytes): Promise<void> {
  const abort = new AbortController();
  const growth = watchGrowth(join(folder, fileName), abort, report);
  try {
    const repository = process.env.PORCHLIGHT_MAVEN_REPOSITORY?.replace(/\/*$/, '/');
    await Promise.race([
      loaded.default(artifact, folder, repository, fileName, { signal: abort.signal }),
      growth.stalled,
    ]);
  } finally {
    growth.end();
  }
}

/** Fetches one artifact and checks its sum; tries again a few times, for a broken connection is usual. */
async function fetchArtifact(
  artifact: Artifact,
  { folder, fileName, sha256, instead }: { folder: string; fileName: string; sha256: string; instead: string },
  report: ReportBytes = () => undefined,
): Promise<void> {
  const what = `${artifact.groupId}:${artifact.artifactId}:${artifact.version}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await downloadOnce(artifact, folder, fileName, report);
      await verifyChecksum(join(folder, fileName), { what, sha256 });
      return;
    } catch (cause) {
      await rm(join(folder, fileName), { force: true });
      if (attempt < ATTEMPTS) continue;
      if (cause instanceof StackError) throw cause;
      throw new StackError(
        'DOWNLOAD_FAILED',
        `fetching the Maven artifact ${what} failed: ${reasonOf(cause)}. Run the same command again when the network is back; ` +
          `behind a mirror set PORCHLIGHT_MAVEN_REPOSITORY to its address; or ${instead}.`,
        { cause },
      );
    }
  }
}

/** `sha256  group:artifact:version`, one jar a line. */
function readJarList(text: string): { sha256: string; artifact: Artifact }[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [sha256 = '', name = ''] = line.trim().split(/\s+/);
    const [groupId = '', artifactId = '', version = ''] = name.split(':');
    return { sha256, artifact: { groupId, artifactId, version } };
  });
}

/**
 * The broker's jars, fetched once.
 *
 * @returns the folder with all of them, for a class path `<folder>/*`
 * @throws {StackError} DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function kafkaJars(downloads: string, report: (detail: string) => void): Promise<string> {
  const list = await readFile(new URL('kafka-jars.sha256.txt', import.meta.url), 'utf8');
  const jars = readJarList(list);
  const folder = join(downloads, `kafka-${kafkaVersion}`);
  const sha256 = createHash('sha256').update(list).digest('hex');
  await unpackOnce(folder, { sha256, what: 'the Kafka broker' }, async (part) => {
    const todo = [...jars];
    const instead = 'give a running Kafka in KAFKA_BROKERS';
    const work = async () => {
      for (let jar = todo.shift(); jar; jar = todo.shift()) {
        const count = jars.length - todo.length;
        if (count % JARS_PER_REPORT === 0) report(`Kafka ${kafkaVersion}: jar ${count} of ${jars.length}`);
        const fileName = `${jar.artifact.artifactId}-${jar.artifact.version}.jar`;
        await fetchArtifact(
          { ...jar.artifact, extension: 'jar' },
          { folder: part, fileName, sha256: jar.sha256, instead },
        );
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_JARS }, work));
  });
  return folder;
}

/**
 * The schema registry, fetched and unpacked once (the archive itself is not kept).
 *
 * @returns the folder that holds quarkus-run.jar
 * @throws {StackError} DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function registryApp(downloads: string, report: (detail: string) => void): Promise<string> {
  const { sha256, megabytes, ...artifact } = registryArchive;
  const folder = join(downloads, `apicurio-registry-${artifact.version}`);
  await unpackOnce(folder, { sha256, what: 'the schema registry' }, async (part) => {
    const fileName = 'registry.tar.gz';
    const seen = (bytes: number) =>
      report(`Apicurio Registry ${artifact.version}: ${Math.round(bytes / 1e6)} of ${megabytes} MB`);
    await fetchArtifact(
      artifact,
      { folder: part, fileName, sha256, instead: 'give a running schema registry in SCHEMA_REGISTRY_URL' },
      seen,
    );
    report(`Apicurio Registry ${artifact.version}: unpacking`);
    await extract({ file: join(part, fileName), cwd: part });
    await rm(join(part, fileName));
  });
  return folder;
}
