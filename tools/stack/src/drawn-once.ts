import { readFile } from 'node:fs/promises';
import { writeWhole } from './write-whole.ts';

/** A secret or an id that is kept beside what it belongs to: drawn when it is first asked for, read ever after. */
export async function drawnOnce(file: string, draw: () => string, mode?: number): Promise<string> {
  const stored = await readFile(file, 'utf8').catch(() => '');
  if (stored !== '') return stored;
  const drawn = draw();
  await writeWhole(file, drawn, mode);
  return drawn;
}
