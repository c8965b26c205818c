import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { BadCacheEntry, CacheUnavailable } from '@porchlight/estimate-cache';
import { CatalogUnavailable } from '@porchlight/property-catalog';
import { describeConfig } from '@porchlight/service';
import { markdownTable } from '@porchlight/stream-app/testing';
import { config } from './config.ts';
import { KeyMismatch } from './key-mismatch.ts';
import { RetentionTooShort } from './topic-retention.ts';

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');

test('the README shows the configuration that the code has', () => {
  expect(markdownTable(readme, 'variable')).toEqual(markdownTable(describeConfig(config)));
});

test('the README names each error of this app with its fate', () => {
  const shown = new Map(markdownTable(readme, 'code').map(([code, fate]) => [code, fate]));
  const errors = [
    new KeyMismatch('x'),
    new RetentionTooShort(['x']),
    new BadCacheEntry('x'),
    new CacheUnavailable('x'),
    new CatalogUnavailable('x'),
  ];
  expect(errors.map(({ code, fate }) => [code, shown.get(`\`${code}\``), fate])).toEqual(
    errors.map(({ code, fate }) => [code, fate, fate]),
  );
});
