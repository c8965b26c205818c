import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { repositoryFolder } from '@porchlight/stack';
import { format } from 'prettier';
import { dashboards } from './dashboards/dashboards.ts';
import { grafanaJson } from './dashboards/grafana-json.ts';
import { ruleFiles } from './rules/rule-files.ts';
import { ruleTestYaml, ruleYaml } from './rules/rule-yaml.ts';

const GRAFANA = 'deploy/grafana';
const RULES = 'deploy/prometheus/rules';
const RULE_TESTS = 'deploy/prometheus/tests';
/** Folders that hold nothing but what is written here (a README apart). */
const OWNED = [GRAFANA, RULES, RULE_TESTS];

// As tools/prettier would leave them: `npm run format` must change nothing.
const laidOut = (text: string, parser: 'json' | 'yaml'): Promise<string> =>
  format(text, { parser, printWidth: 120, singleQuote: true });

let made: Promise<ReadonlyMap<string, string>> | undefined;

/** What the committed files must say, by path in the repository. Made once: laying them out is what takes time. */
export function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  made ??= generate();
  return made;
}

async function generate(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const dashboard of dashboards) {
    files.set(`${GRAFANA}/${dashboard.uid}.json`, await laidOut(JSON.stringify(grafanaJson(dashboard)), 'json'));
  }
  for (const file of ruleFiles) {
    files.set(`${RULES}/${file.name}.yaml`, await laidOut(ruleYaml(file), 'yaml'));
    files.set(`${RULE_TESTS}/${file.name}.test.yaml`, await laidOut(ruleTestYaml(file), 'yaml'));
  }
  return files;
}

/** @returns paths of committed files that differ from what is generated, that are missing, or that nobody generates any more */
export async function staleFiles(root = repositoryFolder): Promise<readonly string[]> {
  const wanted = await generatedFiles();
  const differing: string[] = [];
  for (const [path, text] of wanted) {
    const found = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (found !== text) differing.push(path);
  }
  return [...differing, ...(await orphans(root, wanted))].sort();
}

async function orphans(root: string, wanted: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const there = await Promise.all(
    OWNED.map(async (folder) => (await readdir(join(root, folder)).catch(() => [])).map((name) => `${folder}/${name}`)),
  );
  return there.flat().filter((path) => /\.(json|yaml)$/.test(path) && !wanted.has(path));
}

/** Writes what differs and removes what nobody generates. @returns the paths it touched */
export async function writeGeneratedFiles(root = repositoryFolder): Promise<readonly string[]> {
  const stale = await staleFiles(root);
  const wanted = await generatedFiles();
  for (const path of stale) {
    const text = wanted.get(path);
    if (text === undefined) await rm(join(root, path));
    else {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }
  return stale;
}
