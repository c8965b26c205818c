import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generatedFiles, staleFiles, writeGeneratedFiles } from './generated-files.ts';

/** Laying out twenty files takes seconds beside other work. */
const WRITE_MS = 60_000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'porchlight-deploy-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test(
  'what is committed is what the code says',
  async () => {
    expect(await staleFiles()).toEqual([]);
  },
  WRITE_MS,
);

test(
  'a file that was changed, one that is gone and one that nobody generates are named, and mended',
  async () => {
    const paths = [...(await generatedFiles()).keys()].sort();
    expect(await writeGeneratedFiles(root)).toEqual(paths);
    await writeFile(join(root, 'deploy/grafana/porchlight-cache.json'), '{}');
    await rm(join(root, 'deploy/prometheus/rules/cache.yaml'));
    await mkdir(join(root, 'deploy/grafana'), { recursive: true });
    await writeFile(join(root, 'deploy/grafana/old.json'), '{}');
    const stale = [
      'deploy/grafana/old.json',
      'deploy/grafana/porchlight-cache.json',
      'deploy/prometheus/rules/cache.yaml',
    ];
    expect(await staleFiles(root)).toEqual(stale);
    expect(await writeGeneratedFiles(root)).toEqual(stale);
    expect(await staleFiles(root)).toEqual([]);
  },
  WRITE_MS,
);
