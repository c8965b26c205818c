import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CacheUnavailable } from '@porchlight/estimate-cache';
import { describeConfig } from '@porchlight/service';
import { markdownTable } from '@porchlight/stream-app/testing';
import { config } from './config.ts';
import { OutputsBlocked } from './outputs-blocked.ts';
import { PartitionsDiffer } from './partitions-differ.ts';
import { WriterSilent } from './writer-silent.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test('the README shows the configuration that the code has', () => {
  expect(markdownTable(readme, 'variable')).toEqual(markdownTable(describeConfig(config)));
});

test('the README names each error of this app with its fate', () => {
  const shown = new Map(markdownTable(readme, 'code').map(([code, fate]) => [code, fate]));
  const errors = [new WriterSilent(0), new OutputsBlocked(), new PartitionsDiffer(1, 2), new CacheUnavailable('x')];
  expect(errors.map(({ code, fate }) => [code, shown.get(`\`${code}\``), fate])).toEqual(
    errors.map(({ code, fate }) => [code, fate, fate]),
  );
});
