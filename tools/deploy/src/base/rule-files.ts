import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import yaml from 'yaml';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { prometheusRuleOf } from '../objects/monitors.ts';

const FOLDERS = ['deploy/prometheus', 'deploy/prometheus/rules'];
const NOT_IN_NAME = /[^a-z0-9]+/g;

/** A rule file has groups with rules; a test of promtool, or a config, has not. */
function groupsIn(text: string): unknown {
  const { groups } = (yaml.parse(text) ?? {}) as { groups?: unknown };
  return Array.isArray(groups) ? groups : undefined;
}

/** @returns a PrometheusRule for each file of rules in deploy/prometheus, by its path in the base: the files that promtool tests, unchanged */
export function ruleObjects(root: string): Record<string, KubernetesObject[]> {
  const files = FOLDERS.map((folder) => join(root, folder))
    .filter(existsSync)
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => /\.ya?ml$/.test(file))
        .map((file) => join(folder, file)),
    )
    .sort();
  const found = files.flatMap((path): [string, KubernetesObject[]][] => {
    const groups = groupsIn(readFileSync(path, 'utf8'));
    const name = basename(path)
      .replace(/(\.rules)?\.ya?ml$/, '')
      .toLowerCase()
      .replace(NOT_IN_NAME, '-');
    return groups === undefined ? [] : [[`${name}.yaml`, [prometheusRuleOf(name, groups)]]];
  });
  return Object.fromEntries(found);
}
