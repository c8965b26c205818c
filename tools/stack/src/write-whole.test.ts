import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { drawnOnce } from './drawn-once.ts';
import { writeWhole } from './write-whole.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-write-whole-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

test('a file is replaced whole, with the mode that was asked for, and nothing is left beside it', async () => {
  const file = join(folder, 'whole');
  await writeFile(file, 'an older and longer text', { mode: 0o644 });
  await writeWhole(file, 'new', 0o600);
  expect([await readFile(file, 'utf8'), await modeOf(file), await readdir(folder)]).toEqual(['new', 0o600, ['whole']]);
});

test('a folder that is not there is an error, not a file', async () => {
  await expect(writeWhole(join(folder, 'none', 'file'), 'text')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what is drawn once is read ever after; an empty file counts as none', async () => {
  const file = join(folder, 'drawn');
  await writeFile(file, '');
  let draws = 0;
  const draw = () => `draw ${(draws += 1)}`;
  expect([await drawnOnce(file, draw, 0o600), await drawnOnce(file, draw, 0o600)]).toEqual(['draw 1', 'draw 1']);
  expect([draws, await modeOf(file)]).toEqual([1, 0o600]);
});
