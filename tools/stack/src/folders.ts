import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';

export const repositoryFolder = fileURLToPath(new URL('../../..', import.meta.url));

const INSTANCE_PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Where everything that is fetched goes, once for all instances. PORCHLIGHT_DOWNLOADS_DIR moves it. */
export function downloadsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(environment.PORCHLIGHT_DOWNLOADS_DIR || join(repositoryFolder, '.porchlight', 'downloads'));
}

/**
 * Where one instance keeps its data, logs and pid files.
 *
 * @param instance  a short lower-case name (it becomes a folder); 'start' and 'test' are the shipped ones
 * @throws {RangeError} on a name that is not `[a-z0-9-]{1,40}`
 */
export function dataFolder(instance: string, environment: NodeJS.ProcessEnv = process.env): string {
  if (!INSTANCE_PATTERN.test(instance)) {
    throw new RangeError(`an instance is named with a-z, 0-9 and dashes, at most 40 of them, not "${instance}"`);
  }
  const all = environment.PORCHLIGHT_DATA_DIR || join(repositoryFolder, '.porchlight', 'data');
  return resolve(all, instance);
}

/** Where the apps of an instance keep local copies of their state: good for the Kafka of that instance only. */
export const appStateFolder = (instanceFolder: string): string => join(instanceFolder, 'state');
