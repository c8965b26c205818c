import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryFolder } from '@porchlight/stack';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findPrometheus } from './find-prometheus.ts';

/*
 * The committed rules before the real promtool: it reads them, each alert fires in one case and stays quiet in the others.
 * Where promtool cannot be had these tests fail and say what is not checked.
 */

const FETCH_MS = 300_000;
/** Days of series are played through. */
const PLAY_MS = 600_000;
const folder = join(repositoryFolder, 'deploy/prometheus');
let promtool: string;

interface Said {
  readonly ok: boolean;
  readonly text: string;
}

async function ask(...args: string[]): Promise<Said> {
  const options = { timeout: PLAY_MS, maxBuffer: 16 * 1024 * 1024 };
  return promisify(execFile)(promtool, args, options).then(
    ({ stdout, stderr }) => ({ ok: true, text: stdout + stderr }),
    (error: { stdout?: string; stderr?: string }) => ({
      ok: false,
      text: `${String(error.stdout)}${String(error.stderr)}`,
    }),
  );
}

beforeAll(async () => {
  ({ promtool } = await findPrometheus());
}, FETCH_MS);

const names = (await readdir(join(folder, 'rules'))).filter((name) => name.endsWith('.yaml'));

describe('the committed rules', () => {
  test('every file has its tests', async () => {
    const tests = (await readdir(join(folder, 'tests'))).map((name) => name.replace('.test.yaml', '.yaml'));
    expect(tests.sort()).toEqual([...names].sort());
  });

  test('promtool finds nothing wrong with them', async () => {
    const { ok, text } = await ask('check', 'rules', ...names.map((name) => join(folder, 'rules', name)));
    expect({ ok, wrong: text.match(/FAILED|error.*/gi) ?? [] }).toEqual({ ok: true, wrong: [] });
  });

  test.each(names)(
    '%s: every alert fires when it should, and only then',
    async (name) => {
      const said = await ask('test', 'rules', join(folder, 'tests', name.replace('.yaml', '.test.yaml')));
      expect(said.ok ? 'ok' : said.text).toBe('ok');
    },
    PLAY_MS,
  );
});

describe('a rule that was changed', () => {
  let scratch: string;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'porchlight-rules-'));
    await cp(folder, scratch, { recursive: true });
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  const afterChange = async (name: string, from: string, to: string): Promise<Said> => {
    const file = join(scratch, 'rules', name);
    const text = await readFile(join(folder, 'rules', name), 'utf8');
    expect(text).toContain(from);
    await writeFile(file, text.replace(from, to));
    return ask('test', 'rules', join(scratch, 'tests', name.replace('.yaml', '.test.yaml')));
  };

  test('is noticed when it does not fire any more', async () => {
    const { ok, text } = await afterChange('service.yaml', '> 0.02', '> 0.2');
    expect([ok, text.includes('PorchlightRequestsRefused')]).toEqual([false, true]);
  });

  test('is noticed when it fires for what is usual', async () => {
    const { ok, text } = await afterChange('pipeline.yaml', '> 30', '> 1');
    expect([ok, text.includes('PorchlightLagAgeHigh')]).toEqual([false, true]);
  });
});
