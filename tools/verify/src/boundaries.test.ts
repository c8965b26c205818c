import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { repository } from './repository.ts';

const execute = promisify(execFile);
const environment = { ...process.env, NX_DAEMON: 'false', NODE_OPTIONS: '' };

interface Graph {
  readonly graph: { readonly dependencies: Record<string, { target: string }[]> };
}

interface LintMessage {
  readonly ruleId: string | null;
}

/** Lints a text as if it stood in that file. @returns the names of the rules that it breaks */
async function rulesBrokenBy(source: string, file: string): Promise<(string | null)[]> {
  const args = [
    'node_modules/eslint/bin/eslint.js',
    '-c',
    'tools/eslint/eslint.config.mjs',
    '--format',
    'json',
    '--stdin',
    '--stdin-filename',
    file,
  ];
  const child = execute(process.execPath, args, { cwd: repository, env: environment });
  child.child.stdin?.end(source);
  const printed = await child.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
  const [result] = JSON.parse(printed) as { messages: LintMessage[] }[];
  return (result?.messages ?? []).map(({ ruleId }) => ruleId);
}

const BOUNDARY = '@nx/enforce-module-boundaries';

describe('module boundaries', () => {
  let edges: Record<string, string[]>;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'porchlight-graph-'));
    try {
      const file = join(folder, 'graph.json');
      await execute(process.execPath, ['node_modules/nx/dist/bin/nx.js', 'graph', `--file=${file}`], {
        cwd: repository,
        env: environment,
      });
      const { graph } = JSON.parse(readFileSync(file, 'utf8')) as Graph;
      edges = Object.fromEntries(
        Object.entries(graph.dependencies).map(([name, list]) => [name, list.map(({ target }) => target)]),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  test('Nx sees the edge from an app to the libs that it imports', () => {
    expect(edges['@porchlight/forecaster']).toEqual(expect.arrayContaining(['@porchlight/geo', '@porchlight/stream']));
  });

  test('an import that the table allows is let through', async () => {
    const source =
      "import { tileAt } from '@porchlight/geo';\nexport const tile = tileAt({ latitude: 0, longitude: 0 }, 1);\n";
    expect(await rulesBrokenBy(source, 'apps/forecaster/main.ts')).not.toContain(BOUNDARY);
  }, 60_000);

  test.each([
    ['an app that imports a lib beyond its row', 'apps/forecaster/main.ts', "import '@porchlight/estimate-cache';\n"],
    ['an app that imports an app', 'apps/forecaster/main.ts', "import '../data-writer/data-writer.task.ts';\n"],
    ['a lib that reaches up', 'libs/geo/src/index.ts', "import '@porchlight/stream';\n"],
    ['a relative import across projects', 'libs/geo/src/index.ts', "import '../../stream/src/index.ts';\n"],
  ])(
    'refuses %s',
    async (_what, file, source) => {
      expect(await rulesBrokenBy(source, file)).toContain(BOUNDARY);
    },
    60_000,
  );

  test.each([
    [
      'a driver in a task',
      'apps/forecaster/config.ts',
      "import { Kafka } from 'kafkajs';\nexport const kafka = Kafka;\n",
      'no-restricted-imports',
    ],
    ['export *', 'libs/geo/src/index.ts', "export * from './tile.ts';\n", 'no-restricted-syntax'],
    [
      'any',
      'libs/geo/src/index.ts',
      'export const anything = (value: any): unknown => value;\n',
      '@typescript-eslint/no-explicit-any',
    ],
  ])(
    'refuses %s',
    async (_what, file, source, rule) => {
      expect(await rulesBrokenBy(source, file)).toContain(rule);
    },
    60_000,
  );
});
