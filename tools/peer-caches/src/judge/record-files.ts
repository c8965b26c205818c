import { createReadStream } from 'node:fs';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseRecord, printRecord, type Recorded } from './record.ts';

/** Homes are spread over so many files, so that the judge holds one share of a history at a time. */
export const SHARES = 16;
const FLUSH_CHARS = 256 * 1_024;

export interface RecordWriter {
  write(record: Recorded): void;
  /** Resolves when all of it is in the files. */
  flush(): Promise<void>;
}

/** Writes the records of one process into files of its own, a share of the homes each. */
export function createRecordWriter(folder: string, process: string): RecordWriter {
  const texts = Array.from({ length: SHARES }, () => '');
  let writing: Promise<void> = Promise.resolve();
  const append = (share: number): Promise<void> => {
    const text = texts[share] ?? '';
    texts[share] = '';
    const file = join(folder, `${share}.${process}.log`);
    writing = text === '' ? writing : writing.then(() => appendFile(file, text));
    return writing;
  };
  return {
    write(record) {
      const share = record.home % SHARES;
      texts[share] += `${printRecord(record)}\n`;
      if ((texts[share]?.length ?? 0) > FLUSH_CHARS) void append(share);
    },
    async flush() {
      for (let share = 0; share < SHARES; share += 1) void append(share);
      await writing;
    },
  };
}

/** Everything that any process wrote of one share of the homes, by home. */
export async function readShare(folder: string, share: number): Promise<Map<number, Recorded[]>> {
  const homes = new Map<number, Recorded[]>();
  const files = (await readdir(folder)).filter((file) => file.startsWith(`${share}.`));
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(join(folder, file)), crlfDelay: Infinity })) {
      const record = parseRecord(line);
      const home = homes.get(record.home);
      if (home === undefined) homes.set(record.home, [record]);
      else home.push(record);
    }
  }
  return homes;
}
