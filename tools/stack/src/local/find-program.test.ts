import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findProgram, type WantedProgram } from './find-program.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porchlight-find-program-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that prints this on one of the two streams. */
async function printing(name: string, text: string, stream: 1 | 2): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\necho '${text}' >&${stream}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Lamps from version 3 on; the pinned one is for a platform that nobody has, so that fetching it is refused. */
const lamps = (places: WantedProgram['places']): WantedProgram => ({
  oldest: 'lamp 3',
  places,
  versionFlag: '--version',
  versionTimeoutMs: 5_000,
  versionOf(printed) {
    const [, version = ''] = /lamp (\d+)/.exec(printed) ?? [];
    return Number(version) >= 3 ? version : undefined;
  },
  wheel: { name: 'lamp', version: '9', what: 'Lamp 9', platforms: {}, instead: 'light one' },
});

const find = (places: WantedProgram['places']) =>
  findProgram(lamps(places), folder, () => undefined).catch((thrown: { code?: string }) => thrown.code);

test('the first place that has what is needed is taken, whichever stream it prints on', async () => {
  const [old, out, error] = await Promise.all([
    printing('old', 'lamp 2', 1),
    printing('out', 'lamp 3', 1),
    printing('error', 'lamp 4', 2),
  ]);
  const missing = { command: join(folder, 'missing'), where: 'nowhere' };
  const places = [missing, ...[old, out, error].map((command) => ({ command, where: 'here' }))];
  expect(await find(places)).toEqual({ command: out, reason: 'out 3 here' });
  expect(await find(places.toReversed())).toEqual({ command: error, reason: 'error 4 here' });
});

test('where none is new enough the pinned one is fetched, and a machine that it is not made for is told', async () => {
  const old = await printing('old', 'lamp 2', 1);
  expect(await find([{ command: old, where: 'here' }])).toBe('PLATFORM_UNSUPPORTED');
});
