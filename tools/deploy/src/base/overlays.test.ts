import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import yaml from 'yaml';
import { dependencies, dependencyNames, placeNameOf } from '../dependencies.ts';
import { secretNameOf, secretsOf } from '../objects/app-variables.ts';
import { at } from '../policy/objects-in.ts';
import { appsOf, repository } from '../spec/repository-apps.ts';

interface Generator {
  readonly name: string;
  readonly behavior?: string;
  readonly literals: readonly string[];
}

interface Overlay {
  readonly namespace: string;
  readonly images: readonly { readonly name: string }[];
  readonly configMapGenerator: readonly Generator[];
  readonly secretGenerator?: readonly Generator[];
}

const fileOf = (overlay: string, file: string): unknown =>
  yaml.parse(readFileSync(join(repository, 'deploy/k8s/overlays', overlay, file), 'utf8'));
const overlayNamed = (name: string) => fileOf(name, 'kustomization.yaml') as Overlay;
const variableOf = (literal: string): string => literal.slice(0, literal.indexOf('='));

const apps = appsOf();

describe.each(['local', 'staging', 'production'])('the overlay %s', (name) => {
  const overlay = overlayNamed(name);

  test('says of every image where it comes from', () => {
    const wanted = [...apps.map((app) => app.name), 'cli'].map((image) => `porchlight/${image}`).sort();
    expect(overlay.images.map((image) => image.name).sort()).toEqual(wanted);
  });

  test('merges into places that there are only variables that they have', () => {
    const places = new Map(dependencyNames.map((each) => [placeNameOf(each), Object.keys(dependencies[each].place)]));
    const strange = overlay.configMapGenerator.flatMap((map) =>
      map.literals
        .map(variableOf)
        .filter((variable) => map.behavior !== 'merge' || places.get(map.name)?.includes(variable) !== true)
        .map((variable) => `${map.name} ${variable}`),
    );
    expect(strange).toEqual([]);
  });

  test('refuses in its namespace whatever is not restricted', () => {
    const namespace = fileOf(name, 'namespace.yaml');
    expect(at(namespace, 'metadata.name')).toBe(overlay.namespace);
    const labels = at(namespace, 'metadata.labels') as Record<string, string>;
    expect([labels['pod-security.kubernetes.io/enforce'], labels['porchlight.io/stage']]).toEqual([
      'restricted',
      'foundation',
    ]);
  });
});

test('the local overlay, which has no store of secrets, has every one of them', () => {
  const made = overlayNamed('local').secretGenerator ?? [];
  const wanted = apps.flatMap((app): [string, string[]][] => {
    const secret = secretNameOf(app);
    return secret === undefined ? [] : [[secret, secretsOf(app).sort()]];
  });
  const all: [string, string[]][] = [...wanted, ['migrate-database-secrets', ['DATABASE_URL']]];
  expect(new Map(made.map((secret) => [secret.name, secret.literals.map(variableOf).sort()]))).toEqual(new Map(all));
});

test('no overlay holds a secret of a server that is not local', () => {
  expect(['staging', 'production'].map((name) => overlayNamed(name).secretGenerator)).toEqual([undefined, undefined]);
});
