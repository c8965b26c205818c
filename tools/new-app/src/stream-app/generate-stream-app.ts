import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Tree } from '@nx/devkit';
import { formatted } from '../formatted.ts';
import { planStreamApp, type AppPlan, type StreamAppOptions } from './app-plan.ts';
import { deployFile } from './files/deploy-file.ts';
import { readmeFile } from './files/readme-file.ts';
import { taskFile } from './files/task-file.ts';
import { examplesFile, integrationTestFile, readmeTestFile, taskTestFile } from './files/test-files.ts';
import { configFile, mainFile, manifestOf } from './files/wiring-files.ts';
import { addLockEntries } from './lock-entries.ts';
import { NewAppError } from './new-app-error.ts';
import { addRepositoryRows } from './repository-rows.ts';

/** The files of the app itself, by path from the top of the repository. */
function filesOf(plan: AppPlan): Record<string, string> {
  const { name, state } = plan;
  const own = {
    'main.ts': mainFile(plan),
    'config.ts': configFile(plan),
    [`${name}.task.ts`]: taskFile(plan),
    [`${name}.task.test.ts`]: taskTestFile(plan),
    [`${name}.int.test.ts`]: integrationTestFile(plan),
    'testing/example-records.ts': examplesFile(plan),
    'readme.test.ts': readmeTestFile(plan),
    'README.md': readmeFile(plan),
    'deploy.yaml': deployFile(plan),
    'package.json': JSON.stringify(manifestOf(plan), null, 2),
    'tsconfig.json': '{ "extends": "../../tsconfig.base.json", "include": ["."] }',
  };
  return {
    ...Object.fromEntries(Object.entries(own).map(([file, text]) => [`apps/${name}/${file}`, text])),
    ...(state === null ? {} : { [`libs/contracts/schemas/${state.name}.avsc`]: JSON.stringify(state.schema, null, 2) }),
  };
}

/** deploy/k8s/base, with the new app in it. */
const MANIFESTS = ['tools/deploy/src/main.ts', 'generate'];

/** What is printed from code, printed again; only once the files are on the disk. */
function printAgain(root: string): void {
  const scripts = [['libs/contracts/src/generate.ts'], ['libs/contracts/src/write-readme.ts'], MANIFESTS];
  for (const [script = '', ...words] of scripts)
    execFileSync(process.execPath, [join(root, script), ...words], { cwd: root, stdio: 'inherit' });
}

/**
 * Makes a stream app: its folder and a row wherever apps are listed. With `--dry-run` Nx shows the list and writes nothing.
 *
 * @returns what is left to do when the files are on the disk
 * @throws {NewAppError} before anything is written
 */
export async function generateStreamApp(tree: Tree, options: StreamAppOptions): Promise<() => void> {
  const plan = planStreamApp(options);
  if (tree.exists(`apps/${plan.name}`) || tree.exists(`libs/${plan.name}`) || tree.exists(`tools/${plan.name}`))
    throw new NewAppError('APP_EXISTS', `there is a project called ${plan.name} already`);
  const changed = addRepositoryRows(tree, plan);
  const made = filesOf(plan);
  for (const [file, text] of Object.entries(made)) tree.write(file, text);
  for (const file of [...changed, ...Object.keys(made)])
    tree.write(file, await formatted(file, tree.read(file, 'utf8') ?? ''));
  addLockEntries(tree, plan);
  return () => printAgain(tree.root);
}
