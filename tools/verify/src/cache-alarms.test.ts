import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const apps = new URL('../../../apps/', import.meta.url).pathname;

/** Whoever connects to the estimate cache must say who is told of a Redis whose policy was changed while it runs. */
const isSilent = (source: string): boolean =>
  source.includes('connectEstimateCache({') &&
  !/onServerRefused: \(reason\) =>[^;]*'CACHE_POLICY_REFUSED'/.test(source);

function sourcesOf(app: string): { file: string; source: string }[] {
  return readdirSync(join(apps, app))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => ({ file: `${app}/${file}`, source: readFileSync(join(apps, app, file), 'utf8') }));
}

test('every app that holds the cache tells of a Redis that it would not take any more', () => {
  const sources = readdirSync(apps, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => sourcesOf(name));
  const connecting = sources.filter(({ source }) => source.includes('connectEstimateCache({'));
  expect(connecting.map(({ file }) => file)).toEqual(
    expect.arrayContaining([
      'data-fetcher/main.ts',
      'data-writer/main.ts',
      'estimate-api/wiring.ts',
      'invalidator/main.ts',
      'request-filter/main.ts',
    ]),
  );
  expect(connecting.filter(({ source }) => isSilent(source)).map(({ file }) => file)).toEqual([]);
});

test('one that says nothing is found', () => {
  const told =
    "connectEstimateCache({ url, onServerRefused: (reason) => log.error({ code: 'CACHE_POLICY_REFUSED', reason }) })";
  expect(isSilent(told)).toBe(false);
  expect(isSilent('connectEstimateCache({ url })')).toBe(true);
  expect(isSilent('connectEstimateCache({ url, onServerRefused: (reason) => undefined })')).toBe(true);
});
