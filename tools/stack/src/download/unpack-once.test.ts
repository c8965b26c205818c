import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { unpackOnce } from './unpack-once.ts';

let downloads: string;
beforeEach(async () => {
  downloads = await mkdtemp(join(tmpdir(), 'porchlight-unpack-'));
});
afterEach(() => rm(downloads, { recursive: true }));

const pin = (sha256: string) => ({ sha256, what: 'a program' });
const filling = (text: string) => (part: string) => writeFile(join(part, 'program'), text);
const programIn = (folder: string) => readFile(join(folder, 'program'), 'utf8');

test('of two that ask at once, one fills and the other finds it done', async () => {
  const folder = join(downloads, 'program-1');
  const both = await Promise.all([
    unpackOnce(folder, pin('a'), filling('first')),
    unpackOnce(folder, pin('a'), filling('second')),
  ]);
  expect(both.sort()).toEqual([false, true]);
  expect(['first', 'second']).toContain(await programIn(folder));
});

test('a filling that fails leaves nothing behind, and the next one starts anew', async () => {
  const folder = join(downloads, 'program-1');
  const failing = async (part: string) => {
    await writeFile(join(part, 'program'), 'half');
    throw new Error('the line broke');
  };
  await expect(unpackOnce(folder, pin('a'), failing)).rejects.toThrow('the line broke');
  expect(await readdir(downloads)).toEqual([]);
  expect(await unpackOnce(folder, pin('a'), filling('whole'))).toBe(true);
  expect(await programIn(folder)).toBe('whole');
});

test('a folder made from other bytes is made again', async () => {
  const folder = join(downloads, 'program-1');
  await unpackOnce(folder, pin('a'), filling('old'));
  expect(await unpackOnce(folder, pin('b'), filling('new'))).toBe(true);
  expect(await programIn(folder)).toBe('new');
});

test('what a killed filling left is swept away by the next', async () => {
  const folder = join(downloads, 'program-1');
  await writeFile(`${folder}.4711-00ff.part`, '');
  await unpackOnce(folder, pin('a'), filling('whole'));
  expect(await readdir(downloads)).toEqual(['program-1']);
});
