import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyWorkspace, type CopiedWorkspace } from '../testing/copied-workspace.ts';

/** Each step starts programs on a machine that does other work too. */
const STEP_MS_MAX = 300_000;
const JEST = ['-c', 'tools/jest/jest.config.mjs'];
const JEST_OPTIONS = {
  PORCHLIGHT_TEST_KIND: 'unit',
  NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
};

/** One with everything, one with nothing. */
const APPS = ['session-counter', 'price-watch'];
const folders = APPS.map((name) => `apps/${name}`);

/** Where the new rows are, and who would notice a wrong one. */
const PROJECTS = ['libs/contracts', 'tools/cli', 'tools/run'];
const LISTS = ['apps/README.md', 'deploy', 'libs/contracts', 'tools/eslint', 'tools/run/src', 'tools/cli/src/topics'];

let workspace: CopiedWorkspace;
const generate = (...words: string[]): Promise<string> =>
  workspace.run('nx/dist/bin/nx.js', ['g', '@porchlight/new-app:stream-app', ...words]);
const everything = ['--input', 'map.viewport-viewed', '--output', 'warmup.candidates', '--state', '--concurrent', '4'];

beforeAll(() => {
  workspace = copyWorkspace();
}, STEP_MS_MAX);
afterAll(() => workspace?.remove());

test(
  'a dry run lists the files and writes none',
  async () => {
    const topics = () => readFileSync(join(workspace.folder, 'libs/contracts/src/topics.ts'), 'utf8');
    const before = topics();
    const said = await generate('session-counter', ...everything, '--dry-run');
    expect(said).toContain('CREATE apps/session-counter/session-counter.task.ts');
    expect(said).toContain('UPDATE libs/contracts/src/topics.ts');
    expect(existsSync(join(workspace.folder, 'apps/session-counter'))).toBe(false);
    expect(topics()).toBe(before);
  },
  STEP_MS_MAX,
);

test(
  'a topic that is none is refused with the list of those that are',
  async () => {
    await expect(generate('session-counter', '--input', 'map.viewed')).rejects.toThrow(
      /TOPIC_UNKNOWN: no topic is called map\.viewed; there are: map\.viewport-viewed, /,
    );
    expect(existsSync(join(workspace.folder, 'apps/session-counter'))).toBe(false);
  },
  STEP_MS_MAX,
);

test(
  'what is generated has the layout and the types of the repository, and breaks no rule of the linter',
  async () => {
    await generate('session-counter', ...everything);
    await generate('price-watch', '--input', 'estimate.updated');
    const layout = ['--config', 'tools/prettier/prettier.config.mjs', '--ignore-path', 'tools/prettier/ignore'];
    await workspace.run('prettier/bin/prettier.cjs', [...layout, '--check', ...folders, ...LISTS]);
    for (const project of [...folders, ...PROJECTS]) await workspace.run('typescript-7/bin/tsc', ['-p', project]);
    // Without the graph the rule of boundaries warns and passes.
    await workspace.run('nx/dist/bin/nx.js', ['graph', `--file=${join(workspace.folder, '.nx', 'graph.json')}`]);
    await workspace.run('eslint/bin/eslint.js', ['-c', 'tools/eslint/eslint.config.mjs', ...folders]);
  },
  STEP_MS_MAX,
);

test(
  'the unit tests of a new app pass, and those that list all apps',
  async () => {
    const lists = [
      'libs/contracts/src/schemas',
      'wanted-topics',
      'fleet-environment',
      'layout.test',
      'tools/deploy/src/(base|policy)',
    ];
    const said = await workspace.run('jest/bin/jest.js', [...JEST, '-w', '1', ...folders, ...lists], JEST_OPTIONS);
    for (const folder of folders) expect(said).toMatch(new RegExp(`PASS ${folder}/`));
    expect(said).toMatch(/PASS tools\/deploy\/src\/base/);
    // What a new app's own code does is what its manifests let it do.
    expect(said).toMatch(/PASS tools\/deploy\/src\/policy/);
    expect(said).toMatch(/PASS tools\/verify\/src\/layout/);
  },
  STEP_MS_MAX,
);

test(
  'a new app does its work on the real Kafka',
  async () => {
    const kind = { ...JEST_OPTIONS, PORCHLIGHT_TEST_KIND: 'integration' };
    const said = await workspace.run('jest/bin/jest.js', [...JEST, '-i', ...folders], kind);
    for (const name of APPS) expect(said).toContain(`PASS apps/${name}/${name}.int.test.ts`);
  },
  STEP_MS_MAX,
);

test.each([
  ['session-counter', 'collector.send(output, key, answerTo(value));'],
  ['price-watch', 'await apply(value, key);'],
])(
  'the unit tests of %s miss what is taken out of its task',
  async (name, line) => {
    const file = join(workspace.folder, `apps/${name}/${name}.task.ts`);
    const task = readFileSync(file, 'utf8');
    expect(task).toContain(line);
    writeFileSync(file, task.replace(line, ''));
    const run = workspace.run('jest/bin/jest.js', [...JEST, '-w', '1', `apps/${name}`], JEST_OPTIONS);
    await expect(run).rejects.toThrow(/● each record is (answered|applied) under its key/);
    writeFileSync(file, task);
  },
  STEP_MS_MAX,
);
