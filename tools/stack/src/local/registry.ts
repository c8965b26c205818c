import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { registryApp } from '../download/maven.ts';
import { probeRegistry } from '../probe/registry.ts';
import { stopServer } from '../server-process.ts';
import type { RunningService } from '../services.ts';
import { logFileOf, pidFileOf, serverFolder, type Instance } from './instance.ts';
import { registryDatabase } from './postgres.ts';
import { fingerprintOf, startServer, tellStarted } from './start-server.ts';

const READY_MS = 120_000;
const STOP_GRACE_MS = 2_500;
const HEAP = '256m';

/** Where the registry answers in Confluent's dialect. */
export const registryApi = '/apis/ccompat/v7';

/** The registry's settings for its storage, as environment variables: a command line can be read by every user of the machine. */
export function registryStorage(databaseUrl: string | undefined, folder: string): Record<string, string> {
  const pool = {
    APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
    APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
    APICURIO_DATASOURCE_JDBC_MAX_SIZE: '10',
  };
  if (databaseUrl === undefined) {
    return {
      ...pool,
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'h2',
      APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(folder, 'h2')};DB_CLOSE_ON_EXIT=FALSE`,
      APICURIO_DATASOURCE_USERNAME: 'sa',
      APICURIO_DATASOURCE_PASSWORD: 'sa',
    };
  }
  const url = new URL(databaseUrl);
  return {
    ...pool,
    APICURIO_STORAGE_KIND: 'sql',
    APICURIO_STORAGE_SQL_KIND: 'postgresql',
    APICURIO_DATASOURCE_URL: `jdbc:postgresql://${url.host}/${registryDatabase}`,
    APICURIO_DATASOURCE_USERNAME: decodeURIComponent(url.username),
    APICURIO_DATASOURCE_PASSWORD: decodeURIComponent(url.password),
  };
}

export async function stopRegistry(folder: string): Promise<void> {
  await stopServer(pidFileOf(folder, 'registry'), { graceMs: STOP_GRACE_MS });
}

export async function removeRegistry(folder: string): Promise<void> {
  await rm(serverFolder(folder, 'registry'), { recursive: true, force: true });
}

/**
 * Apicurio Registry as a local process.
 *
 * @param databaseUrl  of a PostgreSQL that this stack runs itself; its database `registry` holds the schemas. Undefined
 *                     (somebody else's database, or none) keeps them in a file of the instance
 */
export async function startRegistry(
  instance: Instance,
  { databaseUrl }: { databaseUrl: string | undefined },
): Promise<RunningService> {
  const [java, app] = await Promise.all([
    instance.java(),
    registryApp(instance.downloads, (detail) => instance.report('registry', 'downloading', detail)),
  ]);
  const folder = serverFolder(instance.folder, 'registry');
  await mkdir(folder, { recursive: true });
  const storage = registryStorage(databaseUrl, folder);
  instance.report(
    'registry',
    'starting',
    `schemas kept in ${databaseUrl === undefined ? 'a file' : 'PostgreSQL'}, ${java.reason}`,
  );
  const { registry: port = 0, registryManagement: managementPort = 0 } = instance.ports;
  const listen = [
    '-Dquarkus.http.host=127.0.0.1',
    `-Dquarkus.http.port=${port}`,
    '-Dquarkus.management.host=127.0.0.1',
    `-Dquarkus.management.port=${managementPort}`,
  ];
  const marker = `-Dporchlight.instance=${folder}`;
  const args = [
    '-Xms64m',
    `-Xmx${HEAP}`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    marker,
    ...listen,
    '-jar',
    join(app, 'quarkus-run.jar'),
  ];
  const spec = {
    name: 'Apicurio Registry',
    command: java.command,
    args,
    environment: { ...process.env, ...storage },
    pidFile: pidFileOf(instance.folder, 'registry'),
    logFile: logFileOf(instance.folder, 'registry'),
    marker: `${marker} `,
    fingerprint: fingerprintOf(java.command, ...args, storage.APICURIO_DATASOURCE_URL ?? ''),
  };
  const address = `http://127.0.0.1:${port}${registryApi}`;
  const started = await startServer(spec, {
    probe: () => probeRegistry(address),
    readyMs: READY_MS,
    stop: { graceMs: STOP_GRACE_MS },
    signal: instance.signal,
  });
  const reason = `${tellStarted(started)}; ${java.reason}`;
  return {
    choice: { service: 'registry', source: 'process', address, reason },
    address,
    stop: () => stopRegistry(instance.folder),
  };
}
