import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appsOf, repository } from '../spec/repository-apps.ts';
import { checkBase, differences, standingBase, wantedBase, writeBase } from './write-base.ts';

test('what is committed in deploy/k8s/base is what apps/*/deploy.yaml and the code say', () => {
  expect(differences(wantedBase(), standingBase())).toEqual([]);
});

test('every app of the repository is in the base', () => {
  const top = standingBase()['kustomization.yaml'] ?? '';
  for (const { name } of appsOf()) expect(top).toContain(`  - ${name}\n`);
});

describe('a repository of its own', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'porchlight-deploy-'));
    for (const name of ['data-writer', 'forecaster']) {
      mkdirSync(join(root, 'apps', name), { recursive: true });
      writeFileSync(join(root, 'apps', name, 'main.ts'), '');
      cpSync(join(repository, 'apps', name, 'deploy.yaml'), join(root, 'apps', name, 'deploy.yaml'));
    }
    writeBase(root);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('is written once: a second time changes nothing', () => {
    expect([writeBase(root), checkBase(root)]).toEqual([[], undefined]);
  });

  test.each([
    [
      'a manifest that somebody has changed',
      'deploy/k8s/base/forecaster/scaling.yaml',
      'maxReplicaCount: 6',
      'maxReplicaCount: 60',
    ],
    ['a deploy.yaml that nobody has generated from', 'apps/forecaster/deploy.yaml', 'max: 6', 'max: 5'],
  ])('%s is refused by name, and the next writing mends it', (_what, file, take, put) => {
    const path = join(root, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(take);
    writeFileSync(path, text.replace(take, put));
    expect(() => checkBase(root)).toThrow(/1 files .*\n {2}deploy\/k8s\/base\/forecaster\/scaling\.yaml\n/);
    expect(writeBase(root)).toEqual(['forecaster/scaling.yaml']);
    checkBase(root);
  });

  test('a manifest of an app that is gone goes with it', () => {
    rmSync(join(root, 'apps', 'forecaster'), { recursive: true });
    const changed = writeBase(root);
    expect(changed).toContain('forecaster/deployment.yaml');
    expect(Object.keys(standingBase(root)).filter((path) => path.startsWith('forecaster/'))).toEqual([]);
  });

  test('an app without a deploy.yaml is refused', () => {
    rmSync(join(root, 'apps', 'forecaster', 'deploy.yaml'));
    expect(() => checkBase(root)).toThrow('apps/forecaster has no deploy.yaml');
  });

  test('the files of rules that promtool tests become PrometheusRules, and its tests do not', () => {
    const folder = join(root, 'deploy', 'prometheus');
    mkdirSync(folder, { recursive: true });
    const rule = 'groups:\n  - name: feed\n    rules:\n      - { alert: FeedStopped, expr: vector(1) }\n';
    writeFileSync(join(folder, 'feed.rules.yaml'), rule);
    writeFileSync(join(folder, 'feed.test.yaml'), 'rule_files: [feed.rules.yaml]\n');
    expect(writeBase(root)).toEqual(['kustomization.yaml', 'rules/feed.yaml', 'rules/kustomization.yaml']);
    expect(standingBase(root)['rules/feed.yaml']).toContain('- alert: FeedStopped\n          expr: vector(1)');
  });
});
