import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Which city the instance holds. Another number of homes is another city: the same ids stand at other places in it. */
export interface CityStamp {
  homes: number;
  seed: number;
  /** Host, port and name of the database that it is in. */
  database: string;
}

const fileOf = (folder: string) => join(folder, 'city.json');

/** Where a database is, without who asks. */
export function databaseOf(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}

/** The city that was loaded whole; undefined when there is none, or the stamp cannot be read. */
export async function readCityStamp(folder: string): Promise<CityStamp | undefined> {
  try {
    const { homes, seed, database } = JSON.parse(await readFile(fileOf(folder), 'utf8')) as Partial<CityStamp>;
    if (!Number.isInteger(homes) || !Number.isInteger(seed) || typeof database !== 'string') return undefined;
    return { homes: homes!, seed: seed!, database };
  } catch {
    return undefined;
  }
}

/** Written when the load is over: one that broke off is done again. */
export async function writeCityStamp(folder: string, stamp: CityStamp): Promise<void> {
  const part = `${fileOf(folder)}.${process.pid}.part`;
  await writeFile(part, `${JSON.stringify(stamp)}\n`);
  await rename(part, fileOf(folder));
}

export const isSameCity = (a: CityStamp | undefined, b: CityStamp): boolean =>
  a !== undefined && a.homes === b.homes && a.seed === b.seed && a.database === b.database;
