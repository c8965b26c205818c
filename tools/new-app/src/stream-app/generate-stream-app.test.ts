import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Tree } from '@nx/devkit';
import { createTree } from '@nx/devkit/testing';
import yaml from 'yaml';
import { repository } from '../testing/repository.ts';
import { generateStreamApp } from './generate-stream-app.ts';

/** The files that a new app has a row in. */
const LISTS = [
  'apps/README.md',
  'deploy/README.md',
  'deploy/k8s/overlays/local/kustomization.yaml',
  'deploy/k8s/overlays/production/kustomization.yaml',
  'deploy/k8s/overlays/staging/kustomization.yaml',
  'libs/contracts/src/index.ts',
  'libs/contracts/src/schemas.test.ts',
  'libs/contracts/src/topics.ts',
  'package-lock.json',
  'tools/cli/src/topics/wanted-topics.test.ts',
  'tools/eslint/boundaries.mjs',
  'tools/run/src/fleet-environment.ts',
  'tools/run/src/fleet-members.ts',
];

function ourTree(): Tree {
  const tree = createTree();
  for (const file of LISTS) tree.write(file, readFileSync(join(repository, file), 'utf8'));
  return tree;
}

const textOf = (tree: Tree, file: string): string => tree.read(file, 'utf8') ?? '';

/** @returns the lines that a file has now and had not before */
function addedTo(tree: Tree, file: string): string[] {
  const before = new Set(readFileSync(join(repository, file), 'utf8').split('\n'));
  return textOf(tree, file)
    .split('\n')
    .filter((line) => !before.has(line))
    .map((line) => line.trim());
}

const withAll = {
  name: 'session-counter',
  input: 'map.viewport-viewed',
  output: 'warmup.candidates',
  state: true,
  concurrent: 4,
  startFrom: 'latest',
} as const;

test('the folder of an app and the schema of its state are made', async () => {
  const tree = ourTree();
  await generateStreamApp(tree, withAll);
  expect(tree.children('apps/session-counter').sort()).toEqual([
    'README.md',
    'config.ts',
    'deploy.yaml',
    'main.ts',
    'package.json',
    'readme.test.ts',
    'session-counter.int.test.ts',
    'session-counter.task.test.ts',
    'session-counter.task.ts',
    'testing',
    'tsconfig.json',
  ]);
  expect(tree.exists('libs/contracts/schemas/porchlight.session-counter.changelog.avsc')).toBe(true);
});

test('the app has a row wherever apps are listed', async () => {
  const tree = ourTree();
  await generateStreamApp(tree, withAll);
  expect(addedTo(tree, 'tools/eslint/boundaries.mjs')).toEqual(["'session-counter': [...everyApp],"]);
  expect(addedTo(tree, 'tools/run/src/fleet-members.ts')).toEqual(["'session-counter',"]);
  expect(addedTo(tree, 'tools/run/src/fleet-environment.ts')).toEqual(["'session-counter': ['kafka', 'state'],"]);
  expect(addedTo(tree, 'libs/contracts/src/schemas.test.ts')).toEqual(["'porchlight.session-counter.dlq',"]);
  const wanted = addedTo(tree, 'tools/cli/src/topics/wanted-topics.test.ts');
  expect(wanted.filter((line) => line.includes('session-counter'))).toEqual([
    "['porchlight.session-counter.changelog', 6, DAY, 'compact'],",
    "['porchlight.session-counter.dlq', 1, FORTNIGHT, 'delete'],",
    "['porchlight.session-counter.dlq.settled', 1, FOUR_WEEKS, 'delete'],",
    "['porchlight.session-counter.changelog', HOUR],",
  ]);
  expect(addedTo(tree, 'libs/contracts/src/index.ts')).toEqual(['SessionCounterState,']);
  expect(textOf(tree, 'libs/contracts/src/topics.ts')).toMatch(
    /streamApps = \[[^\]]*'session-counter',?\s*\] as const/,
  );
  expect(textOf(tree, 'libs/contracts/src/topics.ts')).toContain(
    'sessionCounterChangelog: topic<SessionCounterState>({',
  );
  expect(textOf(tree, 'apps/README.md')).toMatch(
    /^\| \[session-counter\]\(session-counter\/README\.md\) +\| map\.viewport-viewed +\| warmup\.candidates /m,
  );
  expect(textOf(tree, 'deploy/README.md')).toMatch(/^\| session-counter +\| yes /m);
});

test.each([
  ['local', 'porchlight/session-counter'],
  ['staging', 'registry.example.com/porchlight/session-counter'],
])('in the overlay %s its image is %s', async (overlay, newName) => {
  const tree = ourTree();
  const file = `deploy/k8s/overlays/${overlay}/kustomization.yaml`;
  const imagesIn = () => (yaml.parse(textOf(tree, file)) as { images: { name: string }[] }).images;
  const before = imagesIn();
  const cli = before.find(({ name }) => name === 'porchlight/cli');
  await generateStreamApp(tree, withAll);
  expect(imagesIn()).toEqual([{ ...cli, name: 'porchlight/session-counter', newName }, ...before]);
});

test('the lock gains the two entries of a workspace and loses nothing', async () => {
  const tree = ourTree();
  const packagesOf = (text: string) => (JSON.parse(text) as { packages: Record<string, object> }).packages;
  const before = packagesOf(textOf(tree, 'package-lock.json'));
  await generateStreamApp(tree, withAll);
  expect(packagesOf(textOf(tree, 'package-lock.json'))).toEqual({
    ...before,
    'node_modules/@porchlight/session-counter': { resolved: 'apps/session-counter', link: true },
    'apps/session-counter': {
      name: '@porchlight/session-counter',
      version: '0.1.0',
      license: 'Apache-2.0',
      dependencies: {
        '@porchlight/contracts': '*',
        '@porchlight/service': '*',
        '@porchlight/stream': '*',
        '@porchlight/stream-app': '*',
      },
    },
  });
});

test('the task says the order, the beginning and the state that were asked for', async () => {
  const tree = ourTree();
  await generateStreamApp(tree, withAll);
  const task = textOf(tree, 'apps/session-counter/session-counter.task.ts');
  expect(task).toContain("order: { concurrentRecordsMax: CONCURRENT_RECORDS_MAX, keyOrder: 'kept' },");
  expect(task).toContain('const CONCURRENT_RECORDS_MAX = 4;');
  expect(task).toContain("startFrom: 'latest',");
  expect(task).toContain('stores: [store],');
  expect(task).toContain('viewedAt: value.viewedAt,');
  const deploy = textOf(tree, 'apps/session-counter/deploy.yaml');
  expect(deploy).toContain('replicas: { min: 2, max: 6 }');
  expect(deploy).toContain(
    'consumes: { topics: [viewportViewed], startFrom: latest }\nproduces: [warmupCandidates]\nstate: sessionCounterChangelog\n',
  );
});

test('an app without more words is one that has effects, in the order of the log, from the beginning', async () => {
  const tree = ourTree();
  await generateStreamApp(tree, { name: 'price-watch', input: 'estimate.updated' });
  const task = textOf(tree, 'apps/price-watch/price-watch.task.ts');
  expect(task).toContain('readonly apply: (value: EstimateUpdated, key: string) => Promise<void>;');
  expect(task).toContain("order: 'partition',");
  expect(task).toContain("startFrom: 'earliest',");
  expect(task).not.toContain('stores');
  const deploy = textOf(tree, 'apps/price-watch/deploy.yaml');
  expect(deploy).toContain(
    'consumes: { topics: [estimateUpdated], startFrom: earliest }\nneeds: [kafka, registry, traces]\n',
  );
  expect(textOf(tree, 'libs/contracts/src/index.ts')).not.toContain('PriceWatch');
});

describe('what cannot be made is refused, and nothing is written', () => {
  const known =
    'map.viewport-viewed, warmup.candidates, warmup.requests, warmup.estimates, visibility.mls-rule-changed, ' +
    'visibility.seller-override-changed, listing.status-changed, estimate.updated';
  test.each([
    ['a name with a capital', { name: 'SessionCounter' }, /^APP_NAME_INVALID: "SessionCounter" is no name of an app/],
    ['a name that leads out of apps', { name: '../x' }, /^APP_NAME_INVALID/],
    ['a name that ends in a hyphen', { name: 'session-' }, /^APP_NAME_INVALID/],
    ['a name that fits no label', { name: 'a'.repeat(41) }, /^APP_NAME_INVALID/],
    [
      'a topic that is none',
      { input: 'map.viewed' },
      new RegExp(`^TOPIC_UNKNOWN: no topic is called map.viewed; there are: ${known}$`),
    ],
    ['an output that is none', { output: 'x' }, /^TOPIC_UNKNOWN: no topic is called x;/],
    ['the state of another app', { input: 'porchlight.forecaster.changelog' }, /^TOPIC_UNKNOWN/],
    ['no record at once', { concurrent: 0 }, /^CONCURRENT_INVALID: --concurrent is 0, not an integer of 1\.\.1000$/],
    ['half a record', { concurrent: 1.5 }, /^CONCURRENT_INVALID/],
  ])('%s', async (_what, fields, message) => {
    const tree = ourTree();
    const before = tree.listChanges().map(({ path }) => path);
    await expect(generateStreamApp(tree, { ...withAll, ...fields })).rejects.toThrow(message);
    expect(tree.listChanges().map(({ path }) => path)).toEqual(before);
  });

  test.each(['apps/taken', 'libs/taken', 'tools/taken'])('a name that is taken in %s', async (folder) => {
    const tree = ourTree();
    tree.write(`${folder}/package.json`, '{}');
    await expect(generateStreamApp(tree, { ...withAll, name: 'taken' })).rejects.toThrow(
      /^APP_EXISTS: .* taken already/,
    );
  });

  test('a list that has lost the place of its rows', async () => {
    const tree = ourTree();
    tree.write('tools/eslint/boundaries.mjs', 'export const allowed = {};\n');
    await expect(generateStreamApp(tree, withAll)).rejects.toThrow(/^ROW_PLACE_LOST: tools\/eslint\/boundaries\.mjs/);
    expect(tree.exists('apps/session-counter')).toBe(false);
  });

  test('an overlay that does not say where images come from', async () => {
    const tree = ourTree();
    tree.write('deploy/k8s/overlays/local/kustomization.yaml', 'images: []\n');
    await expect(generateStreamApp(tree, withAll)).rejects.toThrow(/^ROW_PLACE_LOST: deploy\/k8s\/overlays\/local/);
  });
});
